package dglnk

import (
	"context"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

var trackingPixels = &kind{
	path:   "/tp",
	other:  "/tracking-pixel",
	member: "pixel",
	shape:  pixelShape,
	fields: pixelFields,
	rows:   "pixels",
	title:  "Pixel",
	row:    func(b *version3, v gjson.Result) (any, bool) { return b.readPixel(v) },
}

type pixelRow struct {
	ID   int64   `json:"id"`
	Type string  `json:"type"`
	Name string  `json:"name"`
	Tag  string  `json:"tag"`
	Date *string `json:"date,omitempty"`
}

// readPixel reads a pixel. A provider that the contract does not know keeps the
// site's name.
func (b *version3) readPixel(v gjson.Result) (pixelRow, bool) {
	id, ok := number(translate.Member(v, "id"))
	p := pixelRow{
		ID:   id,
		Type: text(v, "type"),
		Name: text(v, "name"),
		Tag:  translate.Member(v, "pixel_id").String(),
		Date: b.date(translate.Member(v, "created_at")),
	}
	for ours, theirs := range pixelTypes {
		if theirs == p.Type {
			p.Type = ours
			break
		}
	}
	return p, ok && id > 0 && p.Type != ""
}

func (b *version3) listPixels(ctx context.Context, call *api.Call) (*api.Reply, error) {
	return b.listObjects(ctx, call, trackingPixels)
}

func (b *version3) getPixel(ctx context.Context, call *api.Call) (*api.Reply, error) {
	return b.getObject(ctx, call, trackingPixels)
}

func (b *version3) createPixel(ctx context.Context, call *api.Call) (*api.Reply, error) {
	return b.createObject(ctx, call, trackingPixels)
}

func (b *version3) updatePixel(ctx context.Context, call *api.Call) (*api.Reply, error) {
	_, warnings, err := b.changeObject(ctx, call, trackingPixels)
	if err != nil {
		return nil, err
	}
	r, err := done("Pixel has been updated successfully.")
	if err != nil {
		return nil, err
	}
	r.Warnings = warnings
	return r, nil
}

func (b *version3) deletePixel(ctx context.Context, call *api.Call) (*api.Reply, error) {
	return b.deleteObject(ctx, call, trackingPixels)
}
