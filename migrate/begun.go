package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// begunPrefix begins the Error of a row whose object is being made. By what
// follows in brackets that is found again.
const begunPrefix = "It was being copied"

// keyFields are what an object is found by.
var keyFields = map[adapters.Kind][]string{
	adapters.KindLink:     {fieldDomain, "custom"},
	adapters.KindDomain:   {fieldDomain},
	adapters.KindPixel:    {"type", "tag"},
	adapters.KindSplash:   {"name"},
	adapters.KindOverlay:  {"name"},
	adapters.KindCampaign: {"name"},
	adapters.KindChannel:  {"name"},
}

// begun writes that an object is being made, and which one. It is found by that
// also when it has become another one at the primary, or is gone there.
func begun(r *adapters.Record) string {
	key := url.Values{}
	for _, name := range keyFields[r.Kind] {
		if text := gjson.GetBytes(r.Document, name).Str; text != "" {
			key.Set(name, text)
		}
	}
	if r.Kind == adapters.KindLink {
		key.Set("url", digest(gjson.GetBytes(r.Document, "url").Str))
	}
	if text := begunPrefix + " (" + key.Encode() + ")."; len(key) > 0 && len(text) <= maxReason {
		return text
	}
	return begunPrefix + "."
}

// digest tells destinations apart without naming them.
func digest(destination string) string {
	sum := sha256.Sum256([]byte(canonicalURL(destination)))
	return hex.EncodeToString(sum[:8])
}

// readBegun returns the object that begun has written of, with its natural key
// alone, and the digest of where it leads. It reports whether there is one.
func readBegun(kind adapters.Kind, text string) (r *adapters.Record, leads string, ok bool) {
	text, ok = strings.CutPrefix(text, begunPrefix+" (")
	if !ok {
		return nil, "", false
	}
	key, err := url.ParseQuery(strings.TrimSuffix(text, ")."))
	if err != nil {
		return nil, "", false
	}
	r = &adapters.Record{Kind: kind, Document: []byte("{}")}
	for _, name := range keyFields[kind] {
		if !key.Has(name) {
			continue
		}
		if r.Document, err = sjson.SetBytes(r.Document, name, key.Get(name)); err != nil {
			return nil, "", false
		}
	}
	return r, key.Get("url"), true
}

// begin notes that an object is being made, so that whoever comes after a crash,
// or after an answer that was lost, looks whether it was.
func (c *carrier) begin(ctx context.Context, row *Row, r *adapters.Record) error {
	row.Error = begun(r)
	rows := []Row{*row}
	if err := c.Store.SaveRows(ctx, rows); err != nil {
		return fmt.Errorf("saving a row: %w", err)
	}
	row.ID = rows[0].ID
	return nil
}

// earlier returns the id of what an earlier attempt at a row has made at the
// other side without anybody being told; 0 where there is none. A link must lead
// where that one did: what has only its address is another one's.
func (c *carrier) earlier(ctx context.Context, t task, row *Row) (int64, error) {
	r, leads, ok := readBegun(t.kind, row.Error)
	if !ok {
		return 0, nil
	}
	w := c.writer(t, row)
	if t.kind != adapters.KindLink {
		// The attempt began when nobody had the name.
		return w.adopt(ctx, r)
	}
	return w.free(ctx, r, func(found *adapters.Record) bool { return digest(gjson.GetBytes(found.Document, "url").Str) == leads })
}

// adopted returns the id of the link that the target has taken over by itself
// for one of the source that was never copied; 0 where there is none.
func (c *carrier) adopted(ctx context.Context, t task, row *Row) (int64, error) {
	from, to := c.sides(t.toTarget)
	if _, ok := to.Backend.(adapters.Importer); !ok || !t.toTarget || t.kind != adapters.KindLink || row.ShortURL == "" {
		return 0, nil
	}
	r, doc := &adapters.Record{Kind: t.kind, ShortURL: row.ShortURL}, document{zone: from.zone(), b: []byte{'{'}}
	err := c.patient(false)(ctx, func(ctx context.Context) error {
		doc.b = doc.b[:1]
		return from.place(ctx, r, &doc)
	})
	switch {
	case isCode(err, api.Invalid):
		return 0, nil
	case err != nil:
		return 0, err
	}
	r.Document = append(doc.b, '}')
	if err := c.settle(r, true); err != nil {
		return 0, err
	}
	return c.writer(t, row).free(ctx, r, func(found *adapters.Record) bool { return found.Adopted })
}
