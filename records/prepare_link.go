package records

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/linkquay/linkquay/shortener"
)

func (im *importer) prepareLink(ctx context.Context, p *pending, r *Link) (err error) {
	p.link, p.id = r.LinkID(), r.ID
	if err := im.takeContent(ctx, p, r); err != nil {
		return err
	}
	remote := shortener.RemoteID(r.Shortener())
	im.own(&r.Account)
	if r.Kind() == KindRemote {
		if remote == 0 {
			return &RowError{Field: "custom", Err: errors.New("must end in the id at the backend")}
		}
		r.Alias = shortener.RemoteAlias(r.Account, remote)
	}
	r.SetID(inRange(r.LinkID()), inRange(r.ID))
	if r.Type == "" {
		r.Type = shortener.TypeDirect
	}
	r.Domain = strings.ToLower(r.Domain)
	if err := im.referLink(r); err != nil {
		return err
	}
	if err := im.protect(ctx, r); err != nil {
		return err
	}
	if r.Alias == "" {
		if err := im.makeAlias(ctx, r); err != nil {
			return err
		}
	}
	return im.o.Checker.CheckImported(r.Shortener())
}

// referLink turns what a link refers to into the target's ids.
func (im *importer) referLink(r *Link) (err error) {
	if r.Campaign != 0 {
		if r.Campaign, err = im.object(KindCampaign, r.Campaign, "campaign"); err != nil {
			return err
		}
	}
	// The options may be shared with what the reader holds.
	pixels := make([]int64, 0, len(r.Pixels))
	for _, id := range r.Pixels {
		to, err := im.object(KindPixel, id, "pixels")
		if err != nil {
			return err
		}
		pixels = append(pixels, to)
	}
	if len(pixels) > 0 {
		r.Pixels = pixels
	}
	const overlay = "overlay-"
	if number, ok := strings.CutPrefix(r.Type, overlay); ok {
		id, err := strconv.ParseInt(number, 10, 64)
		if err == nil {
			id, err = im.object(KindOverlay, id, "type")
		}
		r.Type = overlay + strconv.FormatInt(id, 10)
		return err
	}
	if id, err := strconv.ParseInt(r.Type, 10, 64); err == nil {
		id, err = im.object(KindSplash, id, "type")
		r.Type = strconv.FormatInt(id, 10)
		return err
	}
	return nil
}

// protect sees to the password. One that has neither a hash nor itself in the file
// is the target's to find.
func (im *importer) protect(ctx context.Context, r *Link) (err error) {
	switch {
	case r.PasswordHash != "":
		r.Protected = true
		return isHash(r.PasswordHash)
	case r.Password != "":
		if !im.o.DryRun {
			r.PasswordHash, err = shortener.HashPassword(ctx, r.Password)
		}
		r.Protected = r.PasswordHash != ""
	}
	return err
}
