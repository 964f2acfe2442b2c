package migrate

import (
	"context"
	"fmt"
	"net/url"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

const (
	// planWorkers is how many objects are read at a time.
	planWorkers = 4

	// planAliases is how many links of a file are looked at together.
	planAliases = 100
)

// each calls f with each page of a kind.
func (p *planner) each(ctx context.Context, place *Place, ask asker, kind adapters.Kind, f func(*Page) error) error {
	for next := 0; ; {
		var page *Page
		err := ask(ctx, func(ctx context.Context) (err error) {
			page, err = place.List(ctx, kind, next)
			return err
		})
		if err != nil {
			return fmt.Errorf("listing %ss: %w", kind, err)
		}
		if err := f(page); err != nil {
			return err
		}
		if next = page.Next; next == 0 {
			return nil
		}
	}
}

// kind looks at all objects of one kind.
func (p *planner) kind(ctx context.Context, kind adapters.Kind, t *tally) error {
	if Stays(p.source.Backend, kind) {
		return p.staying(ctx)
	}
	p.done = 0
	err := p.each(ctx, p.source, p.askSource, kind, func(page *Page) error {
		p.listCalls++
		total := page.Total
		if kind == adapters.KindLink {
			total += len(p.source.Aliases)
		}
		p.tell(kind, total, 0)
		objects, err := p.whole(ctx, page, kind, total)
		if err != nil {
			return err
		}
		for i := range objects {
			p.object(t, &objects[i])
		}
		return nil
	})
	switch {
	case err == nil:
	case ctx.Err() != nil || isPassing(err):
		return err
	default:
		p.found.add(FoundUnreadable, kind, "", FoundObject{Name: "all", Detail: api.AsError(err).Message})
	}
	if kind == adapters.KindLink {
		if err := p.aliases(ctx, t); err != nil {
			return err
		}
	}
	p.progress(Progress{Step: "reading", Kind: kind, Done: p.done, Total: p.done, Last: true})
	return nil
}

// object is an object of the source, or why it could not be read.
type object struct {
	adapters.Record

	err error

	// partial says that only a row of a list was read.
	partial bool
}

// whole reads the objects of a page.
func (p *planner) whole(ctx context.Context, page *Page, kind adapters.Kind, total int) ([]object, error) {
	objects := make([]object, len(page.Records))
	for i := range page.Records {
		objects[i] = object{Record: page.Records[i], partial: page.Partial}
	}
	many := len(objects)
	if p.Quick && many > 0 && p.done == 0 {
		many = 1 // One is asked for, to know what the source does not tell.
	} else if p.Quick {
		many = 0
	}
	if !page.Partial {
		many = 0
	}
	errs := adapters.AtOnce(many, planWorkers, func(i int) error {
		defer p.tell(kind, total, 1)
		return p.get(ctx, &objects[i], func(ctx context.Context) (*adapters.Record, error) {
			return p.source.Get(ctx, kind, objects[i].ID)
		})
	})
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	p.tell(kind, total, len(objects)-many)
	return objects, nil
}

// get reads one object. What says nothing of others is kept with it.
func (p *planner) get(ctx context.Context, o *object, get func(ctx context.Context) (*adapters.Record, error)) error {
	var r *adapters.Record
	err := p.askSource(ctx, func(ctx context.Context) (err error) {
		r, err = get(ctx)
		return err
	})
	switch {
	case err == nil:
		o.Record, o.partial = *r, false
	case ctx.Err() != nil:
		return ctx.Err()
	case isPassing(err) && !isStuck(err):
		return err
	default:
		o.err = err
	}
	return nil
}

// aliases looks at the links that the source has and cannot list.
func (p *planner) aliases(ctx context.Context, t *tally) error {
	all := p.source.Aliases
	for from := 0; from < len(all); from += planAliases {
		some := all[from:min(from+planAliases, len(all))]
		objects := make([]object, len(some))
		total := p.done + len(all) - from
		errs := adapters.AtOnce(len(some), planWorkers, func(i int) error {
			defer p.tell(adapters.KindLink, total, 1)
			a := some[i]
			objects[i].Record = adapters.Record{Kind: adapters.KindLink, ID: a.ID(), ShortURL: a.ShortURL}
			if p.Quick && a.URL == "" {
				a.URL = a.ShortURL // Where it leads does not matter to a quick plan.
			}
			return p.get(ctx, &objects[i], func(ctx context.Context) (*adapters.Record, error) {
				return p.source.Resolve(ctx, a)
			})
		})
		for i, err := range errs {
			if err != nil {
				return err
			}
			p.object(t, &objects[i])
		}
	}
	return nil
}

// files counts what no move takes along.
func (p *planner) files(ctx context.Context) error {
	if !p.source.Backend.Capabilities().Supports(api.ListFiles) {
		return nil
	}
	// Not every site of a kind has them, and nothing depends on it.
	reply, err := p.source.ask(ctx, api.ListFiles, api.Path{}, url.Values{"limit": {"1"}, "page": {"1"}})
	if n := count(reply, "result"); err == nil && n > 0 {
		p.report.NotMoved = append(p.report.NotMoved, NotMoved{What: "uploaded file", Count: int(n)})
	}
	return ctx.Err()
}

// nameOf is what people know an object by.
func nameOf(r *adapters.Record) string {
	if r.ShortURL != "" {
		return r.ShortURL
	}
	document := gjson.ParseBytes(r.Document)
	for _, name := range []string{"name", "domain", "tag"} {
		if v := translate.Member(document, name); v.Str != "" {
			return v.Str
		}
	}
	return ""
}
