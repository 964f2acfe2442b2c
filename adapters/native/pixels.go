package native

import (
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

type pixelRow struct {
	ID   int64  `json:"id"`
	Type string `json:"type"`
	Name string `json:"name"`
	Tag  string `json:"tag"`
	Date string `json:"date"`
}

type pixelDocument struct {
	Type string `json:"type"`
	Name string `json:"name,omitempty"`
	Tag  string `json:"tag"`
}

func (a *Adapter) pixels() *kind[shortener.Pixel] {
	return &kind[shortener.Pixel]{
		title:   "Pixel",
		rows:    "pixels",
		objects: a.cfg.Shortener.Store().Pixels(),
		blank:   func(account string) *shortener.Pixel { return &shortener.Pixel{Account: account} },
		read: func(call *api.Call) (func(*shortener.Pixel), error) {
			var in struct{ Type, Name, Tag *string }
			err := decode(call, &in)
			return func(p *shortener.Pixel) {
				set(&p.Type, in.Type)
				set(&p.Name, in.Name)
				set(&p.Tag, in.Tag)
			}, err
		},
		row: func(_ *api.Call, p *shortener.Pixel) any {
			return pixelRow{ID: p.ID, Type: p.Type, Name: p.Name, Tag: p.Tag, Date: a.date(p.Created)}
		},
		document: func(o *shortener.Pixel) any {
			return pixelDocument{o.Type, o.Name, o.Tag}
		},
		made:     func(o *shortener.Pixel) (*int64, *time.Time) { return &o.ID, &o.Created },
		carries:  adapters.KindPixel,
		creation: api.CreatePixel,
		contract: a.cfg.Contract,
		created:  func(_ *api.Call, p *shortener.Pixel) any { return identified{ID: p.ID} },
	}
}
