package native

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// campaignRow is a campaign. Its name stands under each of the keys that
// clients of different sites read.
type campaignRow struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Campaign string `json:"campaign"`
	Domain   string `json:"domain"`
	Public   bool   `json:"public"`
	Rotator  any    `json:"rotator"` // false where there is none
	List     string `json:"list"`
	Slug     string `json:"slug"`
	Date     string `json:"date"`
}

type campaignDocument struct {
	Name   string `json:"name,omitempty"`
	Slug   string `json:"slug,omitempty"`
	Public bool   `json:"public,omitempty"`
}

type campaignSaved struct {
	Error int `json:"error"`
	campaignRow
}

func (a *Adapter) campaigns() *kind[shortener.Campaign] {
	saved := func(call *api.Call, c *shortener.Campaign) any {
		return campaignSaved{campaignRow: a.campaignRow(call, c)}
	}
	return &kind[shortener.Campaign]{
		title:   "Campaign",
		rows:    "campaigns",
		objects: a.cfg.Shortener.Store().Campaigns(),
		blank: func(account string) *shortener.Campaign {
			return &shortener.Campaign{Account: account, Name: "Campaign"}
		},
		read: func(call *api.Call) (func(*shortener.Campaign), error) {
			var in struct {
				Name, Slug *string
				Public     *bool
			}
			err := decode(call, &in)
			return func(c *shortener.Campaign) {
				if c.ID == 0 {
					// A new one without a name is called by its slug.
					set(&c.Name, in.Slug)
				}
				set(&c.Name, in.Name)
				set(&c.Slug, in.Slug)
				set(&c.Public, in.Public)
			}, err
		},
		row: func(call *api.Call, c *shortener.Campaign) any { return a.campaignRow(call, c) },
		document: func(o *shortener.Campaign) any {
			return campaignDocument{o.Name, o.Slug, o.Public}
		},
		made:     func(o *shortener.Campaign) (*int64, *time.Time) { return &o.ID, &o.Created },
		carries:  adapters.KindCampaign,
		creation: api.CreateCampaign,
		contract: a.cfg.Contract,
		created:  saved,
		updated:  saved,
	}
}

func (a *Adapter) campaignRow(call *api.Call, c *shortener.Campaign) campaignRow {
	r := campaignRow{
		ID:       c.ID,
		Name:     c.Name,
		Campaign: c.Name,
		Domain:   c.Name,
		Public:   c.Public,
		Rotator:  false,
		Slug:     c.Slug,
		Date:     a.date(c.Created),
	}
	list := "list"
	if c.Slug != "" {
		list = c.Slug
		r.Rotator = call.Origin + "/r/" + c.Slug
	}
	r.List = fmt.Sprintf("%s/u/%s/%s-%d", call.Origin, url.PathEscape(c.Account), list, c.ID)
	return r
}

func (a *Adapter) assignLinkToCampaign(ctx context.Context, call *api.Call) (*api.Reply, error) {
	err := a.cfg.Shortener.Store().AssignToCampaign(ctx, call.Key.Account, call.Path.ID, call.Path.ItemID)
	if err != nil {
		return nil, err
	}
	return message("Link successfully added to the campaign.")
}
