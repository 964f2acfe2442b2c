package native

import (
	"context"
	"strings"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

type domainDocument struct {
	Domain       string `json:"domain"`
	RedirectRoot string `json:"redirectroot,omitempty"`
	Redirect404  string `json:"redirect404,omitempty"`
}

type domainRow struct {
	ID           int64  `json:"id"`
	Domain       string `json:"domain"`
	RedirectRoot string `json:"redirectroot"`
	Redirect404  string `json:"redirect404"`
}

func (a *Adapter) domains() *kind[shortener.Domain] {
	return &kind[shortener.Domain]{
		title:   "Domain",
		rows:    "domains",
		objects: registered{a.cfg.Shortener.Store().Domains(), a.cfg.Shortener},
		blank:   func(account string) *shortener.Domain { return &shortener.Domain{Account: account} },
		read: func(call *api.Call) (func(*shortener.Domain), error) {
			var in struct{ Domain, RedirectRoot, Redirect404 *string }
			if err := decode(call, &in); err != nil {
				return nil, err
			}
			if call.Operation == api.CreateDomain && in.Domain != nil {
				if err := a.cfg.Shortener.CheckApart(*in.Domain, api.HostOf(call.Origin)); err != nil {
					return nil, err
				}
			}
			if err := a.checkTarget(call, "redirectroot", in.RedirectRoot); err != nil {
				return nil, err
			}
			if err := a.checkTarget(call, "redirect404", in.Redirect404); err != nil {
				return nil, err
			}
			return func(d *shortener.Domain) {
				if in.Domain != nil {
					d.Host, d.Scheme = api.HostOf(*in.Domain), "https"
					if strings.HasPrefix(strings.ToLower(*in.Domain), "http://") {
						d.Scheme = "http"
					}
				}
				set(&d.RedirectRoot, in.RedirectRoot)
				set(&d.Redirect404, in.Redirect404)
			}, nil
		},
		row: func(_ *api.Call, d *shortener.Domain) any {
			return domainRow{ID: d.ID, Domain: d.Origin(), RedirectRoot: d.RedirectRoot, Redirect404: d.Redirect404}
		},
		document: func(o *shortener.Domain) any {
			d := domainDocument{o.Host, o.RedirectRoot, o.Redirect404}
			if o.Scheme != "https" {
				d.Domain = o.Origin()
			}
			return d
		},
		made:     func(o *shortener.Domain) (*int64, *time.Time) { return &o.ID, &o.Created },
		carries:  adapters.KindDomain,
		creation: api.CreateDomain,
		contract: a.cfg.Contract,
		created:  func(_ *api.Call, d *shortener.Domain) any { return identified{ID: d.ID} },
	}
}

// registered are domains that change by way of the shortener, which knows them
// all by heart.
type registered struct {
	shortener.Objects[shortener.Domain]
	shortener *shortener.Shortener
}

func (r registered) Create(ctx context.Context, d *shortener.Domain, once *shortener.Once) (bool, error) {
	return r.shortener.CreateDomain(ctx, d, once)
}

func (r registered) Update(ctx context.Context, account string, id int64, change func(*shortener.Domain) error) (before, after *shortener.Domain, err error) {
	after, err = r.shortener.UpdateDomain(ctx, account, id, change)
	return nil, after, err
}

func (r registered) Delete(ctx context.Context, account string, id int64) (*shortener.Domain, error) {
	return nil, r.shortener.DeleteDomain(ctx, account, id)
}
