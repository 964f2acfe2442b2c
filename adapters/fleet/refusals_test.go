package fleet

import (
	"fmt"
	"testing"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// TestRouter_Refusals: what cannot be is refused by its field, before anything
// is asked.
func TestRouter_Refusals(t *testing.T) {
	f := newTrio(t)
	delete(f.kr.capabilities, api.UpdateLink)
	create := func(format string, args ...any) api.Call {
		return api.Call{Operation: api.CreateLink, Document: fmt.Appendf(nil, format, args...)}
	}
	update := func(id int64, format string, args ...any) api.Call {
		return api.Call{Operation: api.UpdateLink, Path: api.Path{ID: id}, Document: fmt.Appendf(nil, format, args...)}
	}
	once := func(call api.Call) api.Call {
		call.Idempotency = &api.Idempotency{Key: "k"}
		return call
	}
	for _, c := range []struct {
		name, own string
		call      api.Call
		code      api.Code
		field     string // empty: the error is about none
		said      string // empty: any
	}{
		{
			"Move", "kr", update(dgBit|7, `{"domain":"go.example"}`),
			api.Invalid, "domain", `domain is that of links on the backend "native", and this one is on "dg": a link does not move by an update.`,
		},
		{"MoveOwn", "native", update(7, `{"domain":"dg.example"}`), api.Invalid, "domain", ""},
		{"Operation", "native", update(krBit|7, `{}`), api.Unsupported, "", `The backend "kr" does not support this operation.`},
		{"OwnOperation", "kr", update(7, `{}`), api.Unsupported, "", `The backend "kr" does not support this operation.`},
		{
			"Idempotency", "native", once(create(`{"domain":"dg.example"}`)),
			api.Unsupported, adapters.IdempotencyKey, `Idempotency-Key is not supported by the backend "dg".`,
		},
		{
			"IdempotencyOfMany", "native", once(api.Call{Operation: api.CreateLinks, Items: items(`{}`, `{"domain":"dg.example"}`)}),
			api.Unsupported, adapters.IdempotencyKey, `Idempotency-Key is not supported by the backend "dg".`,
		},
		{
			"Campaign", "native", create(`{"domain":"dg.example","campaign":3}`),
			api.Invalid, "campaign", `campaign must be of the backend "dg", where the link is.`,
		},
		{"Channel", "native", update(dgBit|7, `{"channel":%d}`, nativeBit|3), api.Invalid, "channel", ""},
		{"Pixel", "native", create(`{"domain":"dg.example","pixels":[%d,4]}`, dgBit|3), api.Invalid, "pixels[1]", ""},
		{"PixelOfOwnLink", "native", create(`{"pixels":[%d]}`, dgBit|3), api.Invalid, "pixels[0]", ""},
		{"Splash", "native", create(`{"domain":"dg.example","type":"5"}`), api.Invalid, "type", ""},
		{"Overlay", "native", create(`{"domain":"dg.example","type":"overlay-5"}`), api.Invalid, "type", ""},
		{
			"Assign", "native",
			api.Call{Operation: api.AssignLinkToCampaign, Path: api.Path{ID: 3, ItemID: dgBit | 7}},
			api.Invalid, "linkid", `linkid is a link on the backend "dg", and must be one on "native".`,
		},
		{
			"AssignToChannel", "native",
			api.Call{Operation: api.AssignItemToChannel, Path: api.Path{ID: 3, ItemType: "links", ItemID: dgBit | 7}},
			api.Invalid, "itemid", "",
		},
		{
			"AssignUnknown", "native",
			api.Call{Operation: api.AssignLinkToCampaign, Path: api.Path{ID: 3, ItemID: 9<<idBits | 7}},
			api.NotFound, "", adapters.LinkNotFound,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, failure := f.do(t, c.own, c.call)
			if name, _ := f.called(t); failure == nil || name != "" {
				t.Fatalf("%s from %q; want a refusal", got, name)
			}
			field := ""
			if len(failure.Fields) > 0 {
				field = failure.Fields[0].Field
			}
			if failure.Code != c.code || field != c.field || c.said != "" && failure.Message != c.said {
				t.Errorf("%v about %q; want %s about %q: %s", failure, field, c.code, c.field, c.said)
			}
		})
	}
}
