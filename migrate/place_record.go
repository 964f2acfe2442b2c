package migrate

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// record reads an object of a reply. Whole says that there is nothing that could
// tell more of it.
func (p *Place) record(ctx context.Context, kind adapters.Kind, object gjson.Result, whole bool) (*adapters.Record, error) {
	res := resources[kind]
	id, ok := integerOf(translate.Member(object, "id"))
	if !ok || id < 1 {
		return nil, p.unexpected(res.list, "id")
	}
	r := &adapters.Record{Kind: kind, ID: id, Created: p.moment(translate.Member(object, "date"))}
	doc := document{zone: p.zone(), b: []byte{'{'}}
	for _, f := range res.fields {
		if !doc.read(f, object) && whole && p.may(res, f.name) {
			r.Untold = append(r.Untold, f.name)
		}
	}
	switch kind {
	case adapters.KindLink:
		r.ShortURL = translate.Member(object, "shorturl").Str
		// One bad row must not make the others of its list unreadable.
		if err := p.place(ctx, r, &doc); err != nil && (whole || isPassing(err)) {
			return nil, err
		}
		p.readChannels(r, object, whole)
		p.readPassword(r, object, whole)
		r.Clicks = count(object, "clicks")
		r.UniqueClicks = count(object, "uniqueclicks")
	case adapters.KindQR:
		r.ShortURL = translate.Member(object, "link").Str
		r.Clicks = count(object, "scans")
	}
	r.Document = append(doc.b, '}')
	return r, nil
}

// document is one that is being written.
type document struct {
	zone *time.Location
	b    []byte
}

func (d *document) add(name, raw string) {
	if raw == "" {
		return
	}
	if len(d.b) > 1 {
		d.b = append(d.b, ',')
	}
	d.b = append(append(append(d.b, '"'), name...), `":`...)
	d.b = append(d.b, raw...)
}

// read adds a field, and reports whether the object tells of it.
func (d *document) read(f field, object gjson.Result) bool {
	told := false
	for _, name := range append([]string{f.name}, f.others...) {
		v := translate.Member(object, name)
		told = told || v.Exists()
		if v.Type != gjson.Null {
			d.add(f.name, f.read(v, d.zone))
			return true
		}
	}
	return told
}

// may reports whether an object of the place may have the field: its creates or
// updates take it, or are made elsewhere.
func (p *Place) may(res *resource, name string) bool {
	c := p.Backend.Capabilities()
	if !c.Supports(res.create) {
		return true
	}
	for _, op := range []api.Operation{res.create, res.update} {
		if s := c[op].Fields[name].Support; s == api.Native || s == api.Emulated {
			return true
		}
	}
	return false
}

// place adds what follows from the address of a link.
func (p *Place) place(ctx context.Context, r *adapters.Record, doc *document) error {
	host, alias, ok := address(r.ShortURL)
	if !ok {
		return api.Errorf(api.Invalid, "The short URL of the link is none.")
	}
	doc.add("custom", quoted(alias))
	branded, err := p.branded(ctx, host)
	if err != nil {
		return err
	}
	if branded {
		doc.add("domain", quoted(host))
	}
	return nil
}

// address reads the host and the alias of a short URL.
func address(shortURL string) (host, alias string, ok bool) {
	u, err := url.Parse(shortURL)
	if err != nil || u.Host == "" {
		return "", "", false
	}
	path := strings.TrimSuffix(u.Path, "/")
	alias = path[strings.LastIndexByte(path, '/')+1:]
	return hostOf(u.Scheme + "://" + u.Host), alias, alias != ""
}

// readChannels reads which channels a link is in, where its object tells that.
func (p *Place) readChannels(r *adapters.Record, link gjson.Result, whole bool) {
	told := false
	for _, name := range []string{"channels", "channel"} {
		if v := translate.Member(link, name); v.Exists() {
			told = true
			if r.Channels = idsIn(v); r.Channels != nil {
				break
			}
		}
	}
	slices.Sort(r.Channels)
	if !told && whole && p.may(resources[adapters.KindLink], "channel") {
		r.Untold = append(r.Untold, "channel")
	}
}

// readPassword reads whether a link has a password. What it is nobody tells.
func (p *Place) readPassword(r *adapters.Record, link gjson.Result, whole bool) {
	v := translate.Member(link, "has_password")
	r.Protected = v.Bool()
	if (r.Protected || !v.Exists()) && whole && p.may(resources[adapters.KindLink], "password") {
		r.Untold = append(r.Untold, "password")
	}
}

func count(object gjson.Result, name string) int64 {
	n, _ := integerOf(translate.Member(object, name))
	return max(n, 0)
}

// moment reads a time of a reply; zero where there is none.
func (p *Place) moment(v gjson.Result) time.Time {
	if v.Type != gjson.String {
		return time.Time{}
	}
	t, err := translate.ParseDateTime(v.Str, p.zone())
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func (p *Place) zone() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}
