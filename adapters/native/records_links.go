package native

import (
	"context"
	"slices"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// linkDocument is a link by the names that a create has. What has its default is
// left out.
type linkDocument struct {
	URL             string                   `json:"url"`
	Custom          string                   `json:"custom"`
	Type            string                   `json:"type,omitempty"`
	Domain          string                   `json:"domain,omitempty"`
	Expiry          string                   `json:"expiry,omitempty"`
	Geo             []shortener.GeoRule      `json:"geotarget,omitempty"`
	Devices         []shortener.DeviceRule   `json:"devicetarget,omitempty"`
	Languages       []shortener.LanguageRule `json:"languagetarget,omitempty"`
	MetaTitle       string                   `json:"metatitle,omitempty"`
	MetaDescription string                   `json:"metadescription,omitempty"`
	MetaImage       string                   `json:"metaimage,omitempty"`
	Description     string                   `json:"description,omitempty"`
	Pixels          []int64                  `json:"pixels,omitempty"`
	Channel         int64                    `json:"channel,omitempty"`
	Campaign        int64                    `json:"campaign,omitempty"`
	DeepLink        *shortener.DeepLink      `json:"deeplink,omitempty"`
	Status          string                   `json:"status,omitempty"`
	Parameters      []shortener.Parameter    `json:"parameters,omitempty"`
	RedirectCode    int                      `json:"redirectcode,omitempty"`
	ClickLimit      int64                    `json:"clicklimit,omitempty"`
	StartDate       string                   `json:"startdate,omitempty"`
	ExpiredURL      string                   `json:"expiredurl,omitempty"`
	ExternalID      string                   `json:"externalid,omitempty"`
	ForwardQuery    bool                     `json:"forwardquery,omitempty"`
	Disabled        bool                     `json:"disabled,omitempty"`
}

func newLinkDocument(l *shortener.Link) linkDocument {
	o := &l.Options
	d := linkDocument{
		URL: l.URL, Custom: l.Alias, Domain: l.Domain, Expiry: rfc3339(l.Expires),
		Geo: o.Geo, Devices: o.Devices, Languages: o.Languages,
		MetaTitle: l.MetaTitle, MetaDescription: l.MetaDescription, MetaImage: l.MetaImage, Description: l.Description,
		Pixels: o.Pixels, Campaign: l.Campaign, DeepLink: o.DeepLink, Parameters: o.Parameters,
		RedirectCode: o.RedirectCode, ClickLimit: o.ClickLimit, StartDate: rfc3339(o.Starts), ExpiredURL: o.ExpiredURL,
		ExternalID: l.ExternalID, ForwardQuery: o.ForwardQuery, Disabled: o.Disabled,
	}
	if l.Type != shortener.TypeDirect {
		d.Type = l.Type
	}
	if l.Public {
		d.Status = "public"
	}
	if len(l.Channels) > 0 {
		d.Channel = l.Channels[0]
	}
	return d
}

// rfc3339 writes a time with all that it has of a second, the zero time as
// nothing.
func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// linkCarrier carries links.
type linkCarrier struct{ a *Adapter }

func (c linkCarrier) give(ctx context.Context, account string, after int64, limit int) ([]adapters.Record, error) {
	links, err := c.a.cfg.Shortener.Store().LinksAfter(ctx, account, after, limit)
	if err != nil {
		return nil, err
	}
	records := make([]adapters.Record, len(links))
	for i := range links {
		if records[i], err = c.record(&links[i]); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// record is the link as a record.
func (c linkCarrier) record(l *shortener.Link) (adapters.Record, error) {
	doc, err := adapters.Encode(newLinkDocument(l))
	return adapters.Record{
		Kind:         adapters.KindLink,
		ID:           l.ID,
		Document:     doc,
		ShortURL:     c.a.cfg.Shortener.ShortURL(l, c.a.cfg.Origin),
		Channels:     l.Channels,
		PasswordHash: l.PasswordHash,
		Protected:    l.PasswordHash != "",
		Clicks:       l.AllClicks(),
		UniqueClicks: l.AllUniques(),
		Taken:        l.Taken,
		Adopted:      l.Options.Adopted,
		Created:      l.Created,
	}, err
}

func (c linkCarrier) take(ctx context.Context, account string, records []adapters.Record) ([]adapters.Imported, error) {
	results := make([]adapters.Imported, len(records))
	imports := make([]shortener.Import, 0, len(records))
	places := make([]int, 0, len(records))
	for i := range records {
		in, err := c.read(account, &records[i])
		if err != nil {
			results[i].Err = api.AsError(err)
			continue
		}
		imports, places = append(imports, in), append(places, i)
	}
	if len(imports) == 0 {
		return results, nil
	}
	done, err := c.a.cfg.Shortener.ImportLinks(ctx, account, api.HostOf(c.a.cfg.Origin), imports)
	if err != nil {
		return nil, err
	}
	for j, i := range places {
		results[i] = c.result(&done[j])
	}
	return results, nil
}

func (c linkCarrier) result(done *shortener.Imported) adapters.Imported {
	if done.Err != nil {
		return adapters.Imported{Err: done.Err}
	}
	stored, err := c.record(done.Link)
	if err != nil {
		return adapters.Imported{Err: api.AsError(err)}
	}
	return adapters.Imported{ID: done.Link.ID, Existing: done.Was != nil, Stored: stored}
}

// read reads a record of a link.
func (c linkCarrier) read(account string, r *adapters.Record) (in shortener.Import, err error) {
	call, err := recordCall(c.a.cfg.Contract, api.CreateLink, account, c.a.cfg.Origin, r)
	if err != nil {
		return in, err
	}
	fields, err := c.a.decodeLink(call)
	if err != nil {
		return in, err
	}
	l := &in.Link
	fields.apply(l, call)
	l.ID, l.Account, l.Created, l.Taken = r.ID, account, r.Created, counted(r.Taken)
	belong(l, r)
	if len(r.Untold) > 0 || r.Clicks < 0 || r.Protected && r.PasswordHash == "" {
		in.Keep = c.keep(call, r)
	}
	return in, nil
}

// belong sets what a record says of a link outside of its document.
func belong(l *shortener.Link, r *adapters.Record) {
	if len(r.Channels) > 0 {
		l.Channels = r.Channels
	}
	l.Options.Adopted = r.Adopted
	l.CarriedClicks, l.CarriedUniques = counted(r.Clicks), counted(r.UniqueClicks)
	if l.PasswordHash = r.PasswordHash; l.PasswordHash == "" && r.Protected {
		l.PasswordHash = shortener.UnknownPassword()
	}
}

// counted is a count that goes on being counted.
func counted(n int64) int64 { return min(max(n, 0), shortener.MaxCount) }

// keep returns what takes over from a link what the record does not tell.
func (c linkCarrier) keep(call *api.Call, r *adapters.Record) func(l, was *shortener.Link) {
	untold := untoldOf(r)
	unknown := r.Protected && r.PasswordHash == ""
	return func(l, was *shortener.Link) {
		if unknown && was.PasswordHash != "" || slices.Contains(untold, "password") && !r.Protected {
			l.PasswordHash = was.PasswordHash
		}
		if len(untold) == 0 {
			return
		}
		keepCounts(l, was, untold)
		if slices.Contains(untold, "channel") || slices.Contains(untold, "channels") {
			l.Channels = was.Channels
		}
		doc, err := adapters.Encode(newLinkDocument(was))
		if err != nil {
			return
		}
		kept := *call
		kept.Document = only(doc, slices.DeleteFunc(slices.Clone(untold), func(name string) bool { return name == "channel" }))
		if fields, err := c.a.decodeLink(&kept); err == nil {
			fields.apply(l, &kept)
		}
	}
}

// untoldOf names what a record does not tell. Counts below 0 are none.
func untoldOf(r *adapters.Record) []string {
	untold := slices.Clone(r.Untold)
	if r.Clicks < 0 {
		untold = append(untold, "clicks")
	}
	return untold
}

// keepCounts keeps the carried-over counts that a record does not tell.
func keepCounts(l, was *shortener.Link, untold []string) {
	if slices.Contains(untold, "clicks") {
		l.CarriedClicks, l.CarriedUniques = was.CarriedClicks, was.CarriedUniques
	}
}
