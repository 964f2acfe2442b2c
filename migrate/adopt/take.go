package adopt

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// take writes a link to the target.
func (d *domain) take(ctx context.Context, alias string, found *adapters.Record) (string, Outcome, error) {
	d.outage.note(nil)
	link, left := d.standAlone(alias, found)
	result := d.put(ctx, link)
	d.cfg.Forget(d.Host, alias)
	if err := result.Err; err != nil {
		switch e := api.AsError(err); e.Code {
		case api.Conflict:
			// Another process may have been faster; whatever stands there is opened.
			d.misses.add(alias, d.cfg.Now())
			return "", Refused, nil
		case api.Invalid, api.Unsupported, api.Forbidden, api.NotFound, api.TooLarge:
			return d.refused(alias, e.Message)
		default:
			d.cfg.Logger.Warn("taking a link over", zap.String("domain", d.Host), zap.String("alias", alias), zap.Error(err))
			return "", Failed, unavailable(err)
		}
	}
	if left = append(left, result.Lost...); len(left) > 0 {
		d.cfg.Logger.Warn("a link was taken over without some of its fields",
			zap.String("domain", d.Host), zap.String("alias", alias), zap.Strings("fields", left))
	}
	return "", TakenOver, nil
}

// maxTries bounds how often a link is written again with what was refused put
// right.
const maxTries = 10

// put writes a link, and its domain where that is not known yet. What the target
// refuses of a link besides its address and destination is left out.
func (d *domain) put(ctx context.Context, link adapters.Record) migrate.Result {
	var lost []string
	registered := false
	for try := 1; ; try++ {
		result := d.Target.Put(ctx, []adapters.Record{link})[0]
		field := refusedField(result.Err)
		switch {
		case field == "domain" && !registered:
			if err := d.register(ctx); err != nil {
				return migrate.Result{Err: err}
			}
			registered = true
			continue
		case field == "" || field == "url" || field == "custom" || field == "domain" || try == maxTries:
			result.Lost = append(lost, result.Lost...)
			return result
		}
		doc, err := sjson.DeleteBytes(link.Document, field)
		if err != nil {
			return result
		}
		link.Document, lost = doc, append(lost, field)
	}
}

// register makes the domain known. Another lookup may do so at the same time, and
// whoever has it by then is for the link to find out.
func (d *domain) register(ctx context.Context) error {
	doc, err := json.Marshal(map[string]string{"domain": "https://" + d.Host})
	if err != nil {
		return err
	}
	// Where it was registered a moment ago, it stays as it is.
	record := adapters.Record{Kind: adapters.KindDomain, Document: doc, Untold: []string{"redirectroot", "redirect404"}}
	err = d.Target.Put(ctx, []adapters.Record{record})[0].Err
	if err != nil && api.AsError(err).Code == api.Conflict {
		return nil
	}
	return err
}

// refusedField returns the first field that a refusal is about, empty where it
// names none.
func refusedField(err error) string {
	if err == nil {
		return ""
	}
	e := api.AsError(err)
	if e.Code != api.Invalid && e.Code != api.Unsupported && e.Code != api.Conflict || len(e.Fields) == 0 {
		return ""
	}
	field, _, _ := strings.Cut(e.Fields[0].Field, ".")
	field, _, _ = strings.Cut(field, "[")
	return field
}

// standAlone returns a link as it is written: at its address, and without what
// it refers to, of which nothing is here yet. It names the fields that are left
// out; a copy of everything brings them later.
func (d *domain) standAlone(alias string, found *adapters.Record) (link adapters.Record, left []string) {
	link = *found
	link.ID, link.Channels, link.ShortURL, link.Adopted = 0, nil, "", true
	doc := string(found.Document)
	for _, field := range []string{"campaign", "channel", "pixels"} {
		if v := gjson.Get(doc, field); v.Exists() {
			if v.Raw != "null" && v.Raw != "0" && v.Raw != "[]" {
				left = append(left, field)
			}
			doc, _ = sjson.Delete(doc, field)
		}
	}
	if len(found.Channels) > 0 && !slices.Contains(left, "channel") {
		left = append(left, "channel")
	}
	if t := gjson.Get(doc, "type").String(); strings.HasPrefix(t, "overlay-") || t != "" && strings.Trim(t, "0123456789") == "" {
		doc, _ = sjson.Delete(doc, "type")
		left = append(left, "type")
	}
	doc, _ = sjson.Set(doc, "domain", d.Host)
	doc, _ = sjson.Set(doc, "custom", alias)
	link.Document = []byte(doc)
	return link, left
}

// address is the document of a link that is known by its address.
func address(host, alias string) []byte {
	doc, _ := json.Marshal(map[string]string{"domain": host, "custom": alias}) // strings always can be
	return doc
}

// destination is the document of a link of which nothing else is known.
func destination(to string) []byte {
	doc, _ := json.Marshal(map[string]string{"url": to}) // strings always can be
	return doc
}
