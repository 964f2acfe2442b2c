package migrate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/translate"
)

// askAgain is when to ask an address again that wants to be asked less.
const askAgain = time.Minute

// Find returns the object that has the natural key of r, a record of any place:
// of a link its address at p (the "domain" of r.Document, or p's main domain, and
// "custom"), of a domain its host, of a pixel provider and tag, of campaigns,
// channels, splash pages and overlays their name. It is NotFound where there is
// none, and for QR codes, which have no key.
func (p *Place) Find(ctx context.Context, r *adapters.Record) (*adapters.Record, error) {
	if r.Kind == adapters.KindLink {
		return p.findLink(ctx, domainOf(r), gjson.GetBytes(r.Document, "custom").Str)
	}
	key := naturalKey(r)
	if key == "" {
		return nil, missing(r.Kind)
	}
	found, err := p.first(ctx, r.Kind, func(other *adapters.Record) bool { return naturalKey(other) == key })
	if err != nil {
		return nil, err
	}
	if res := resources[r.Kind]; res.partial {
		return p.Get(ctx, r.Kind, found.ID)
	}
	return found, nil
}

// naturalKey is what there is one object with, empty where nothing is that.
func naturalKey(r *adapters.Record) string {
	text := func(name string) string { return gjson.GetBytes(r.Document, name).Str }
	switch r.Kind {
	case adapters.KindDomain:
		return domainOf(r)
	case adapters.KindPixel:
		if text("tag") == "" {
			return ""
		}
		return text("type") + " " + text("tag")
	case adapters.KindCampaign, adapters.KindChannel, adapters.KindSplash, adapters.KindOverlay:
		return text("name")
	}
	return ""
}

// findLink finds a link by its alias on a branded domain, or for an empty host on
// the main one.
func (p *Place) findLink(ctx context.Context, host, alias string) (*adapters.Record, error) {
	if alias == "" {
		return nil, missing(adapters.KindLink)
	}
	shorts := []string{host + "/" + alias}
	if host == "" {
		// The main domain may be another one than the API's: then the alias alone
		// does, unless a branded domain has it too.
		shorts = []string{hostOf(p.Origin) + "/" + alias, alias}
	}
	for _, short := range shorts {
		r, err := p.bySearch(ctx, short)
		if err != nil {
			return nil, err
		}
		if r != nil && domainOf(r) == host && gjson.GetBytes(r.Document, "custom").Str == alias {
			return r, nil
		}
	}
	return nil, missing(adapters.KindLink)
}

// bySearch returns the link that a search by short URL finds, nil where it finds
// none.
func (p *Place) bySearch(ctx context.Context, short string) (*adapters.Record, error) {
	c := p.Backend.Capabilities()
	if !c.Supports(api.ListLinks) {
		return nil, nil //nolint:nilnil // There is nobody to ask, so there is none.
	}
	reply, err := p.ask(ctx, api.ListLinks, api.Path{}, url.Values{"short": {short}})
	if err != nil {
		if api.AsError(err).Code == api.NotFound {
			return nil, nil //nolint:nilnil // As above.
		}
		return nil, err
	}
	details := translate.Member(reply, "details")
	if !details.IsObject() {
		return nil, nil //nolint:nilnil // The reply says that there is none.
	}
	if _, ok := p.Backend.(adapters.Exporter); ok {
		id, _ := integerOf(translate.Member(details, "id"))
		r, err := p.Get(ctx, adapters.KindLink, id)
		if err != nil && api.AsError(err).Code == api.NotFound {
			return nil, nil //nolint:nilnil // It has gone in between.
		}
		return r, err
	}
	return p.whole(ctx, adapters.KindLink, reply)
}

// Resolve returns the link of an alias that is known from a file: as the backend
// knows it, where it does, else with the destination of the file or the one that
// its public address leads to. Such a record has the ID of the alias, and what
// neither tells is in Untold. NotFound: the address leads nowhere. Invalid: the
// file has no destination, and nobody may ask for it.
func (p *Place) Resolve(ctx context.Context, a Alias) (*adapters.Record, error) {
	known, err := p.bySearch(ctx, a.ShortURL)
	if err != nil {
		return nil, err
	}
	host, alias, ok := address(a.ShortURL)
	if !ok {
		return nil, api.InvalidField("short_url", "must be a short URL")
	}
	if known != nil {
		if theirs, name, ok := address(known.ShortURL); ok && theirs == host && name == alias {
			return known, nil
		}
	}
	destination := a.URL
	if destination == "" {
		if destination, err = p.locate(ctx, a); err != nil {
			return nil, err
		}
	}
	r := &adapters.Record{Kind: adapters.KindLink, ID: a.ID(), ShortURL: a.ShortURL, Created: a.Created}
	doc := document{zone: p.zone(), b: []byte{'{'}}
	doc.add("url", quoted(destination))
	if err := p.place(ctx, r, &doc); err != nil {
		return nil, err
	}
	r.Document = append(doc.b, '}')
	if a.Title != "" {
		if r.Document, err = sjson.SetBytes(r.Document, "metatitle", a.Title); err != nil {
			return nil, err
		}
	}
	for _, f := range resources[adapters.KindLink].fields {
		if !gjson.GetBytes(r.Document, f.name).Exists() && p.may(resources[adapters.KindLink], f.name) {
			r.Untold = append(r.Untold, f.name)
		}
	}
	for _, name := range []string{"channel", "password"} {
		if p.may(resources[adapters.KindLink], name) {
			r.Untold = append(r.Untold, name)
		}
	}
	return r, nil
}

// locate asks the public address of a link where it leads.
func (p *Place) locate(ctx context.Context, a Alias) (string, error) {
	if p.Locate == nil {
		return "", api.InvalidField("url", "is missing, and the address may not be asked")
	}
	to, err := p.Locate(ctx, a.ShortURL)
	switch {
	case err == nil:
		return to, nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	}
	if refused, ok := errors.AsType[*guard.RefusedError](err); ok {
		return "", api.InvalidField("short_url", refused.Error())
	}
	e := &api.Error{Code: api.Unavailable, Message: "The address does not answer.", Err: err}
	if answer, ok := errors.AsType[*guard.StatusError](err); ok {
		switch {
		case answer.Status == http.StatusTooManyRequests:
			e.Code, e.RetryAfter = api.RateLimited, askAgain
		case answer.Status < http.StatusInternalServerError:
			e.Code = api.NotFound
		}
		e.Message = fmt.Sprintf("The address answers with status %d and leads nowhere.", answer.Status)
	}
	return "", e
}
