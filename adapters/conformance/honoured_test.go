package conformance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// observed: what was asked for is there: on the site, where it is the site's to
// keep, and in what the backend tells of the object.
func (s *stand) observed(t testing.TB, op api.Operation, path api.Path, field string, v value, sent gjson.Result, support api.Support, o outcome) {
	t.Helper()
	where := fmt.Sprintf("%s of %s = %s", field, op, v.raw)
	id := o.reply.Get("id").Int()
	if id == 0 {
		id = path.ID
	}
	want := canonical(field, sent)
	switch {
	case op == api.UpdateAccount:
		if got := s.must(t, request{op: api.GetAccount}).Get("data." + field); field != "password" && got.String() != sent.String() {
			t.Errorf("%s; the account has %s", where, got.Raw)
		}
	case op == api.CreateLinks, v.moot, taken[s.kind][op] == field:
	case op == api.CreateLink, op == together, op == api.UpdateLink:
		short := o.reply.Get("shorturl").Str
		if native := s.server != nil && support == api.Native; native {
			if got := s.siteLink(t, short, field); canonical(field, got) != want {
				t.Errorf("%s; the site has %s", where, got.Raw)
			}
		}
		s.told(t, where, id, field, want, support)
	default:
		s.listed(t, where, op, id, field, sent)
	}
}

// taken are values that a site takes without heeding them, and that have to be
// sent all the same: the sample of its page for an update sends the type of the
// code.
var taken = map[string]map[api.Operation]string{script: {api.UpdateQRCode: "type"}}

// silent are the fields that no backend tells of a link, and those that sites
// of a kind do not.
var silent = map[string][]string{
	script: {
		"password", "type", "domain", "languagetarget", "metadescription", "metaimage", "pixels", "channel", "campaign", "deeplink",
		"status", "parameters",
	},
	dg3: {"parameters"},
}

// told: getLink tells the field by its name in requests.
func (s *stand) told(t testing.TB, where string, id int64, field, want string, support api.Support) {
	t.Helper()
	details := s.must(t, request{op: api.GetLink, path: api.Path{ID: id}}).Get("details")
	got := details.Get(field)
	switch {
	case field == "password":
		if has := details.Get("has_password"); has.Exists() && has.Bool() != (want != "") {
			t.Errorf("%s; getLink says has_password = %s", where, has.Raw)
		}
	case !got.Exists() && support != api.Emulated && slices.Contains(silent[s.kind], field):
	case !got.Exists() && s.kind == script && support == api.Native:
		if got = details.Get(map[string]string{"url": "longurl", "custom": "alias", "metatitle": "title"}[field]); got.Exists() && canonical(field, got) != want {
			t.Errorf("%s; getLink says %s", where, details.Raw)
		}
	case !got.Exists():
		t.Errorf("%s; getLink does not tell it: %s", where, details.Raw)
	case canonical(field, got) != want:
		t.Errorf("%s; getLink says %s, which is %q; want %q", where, got.Raw, canonical(field, got), want)
	}
}

// listed: the object has the field where it is listed or answered by itself, or
// the site has it.
func (s *stand) listed(t testing.TB, where string, op api.Operation, id int64, field string, sent gjson.Result) {
	t.Helper()
	kind, want := about(op), canonical(field, sent)
	if row := s.row(t, kind, id).Get(field); row.Exists() && canonical(field, row) == want {
		return
	}
	if kind == "QRCode" {
		if got := s.must(t, request{op: api.GetQRCode, path: api.Path{ID: id}}).Get("details." + field); got.Exists() && canonical(field, got) == want {
			return
		}
	}
	if s.script != nil {
		base := map[string]string{"QRCode": "qr"}[kind]
		if base == "" {
			base = strings.ToLower(kind)
		}
		for _, o := range s.script.Objects(base) {
			if int64(o.ID) == id && canonical(field, asJSON(t, o.Sent[field])) == want {
				return
			}
		}
	}
	t.Errorf("%s; the %s is listed as %s", where, kind, s.row(t, kind, id).Raw)
}

// walkPath: a word in the path.
func (s *stand) walkPath(t *testing.T, op api.Operation, name string, v value, c api.FieldCapability) {
	t.Helper()
	r := s.smallest(t, op)
	r.path.ItemType = v.raw
	if v.raw == "qr" && s.does(api.CreateQRCode) {
		r.path.ItemID = s.make(t, "QRCode", "")
	}
	_, _, err := s.try(t, r)
	o := outcome{}
	if err != nil {
		e := api.AsError(err)
		o = outcome{code: e.Code, message: e.Message, fields: e.Fields}
	}
	switch refused := c.Of(v.raw) == api.Refused; {
	case refused && err == nil:
		t.Errorf("%s = %s is accepted; the capabilities say that it is refused", name, v.raw)
	case refused && !o.refuses(s.kind, name, ""):
		t.Errorf("%s = %s is refused with %v %v", name, v.raw, err, o.fields)
	case !refused && err != nil && (v.raw != "bio" || o.code != api.NotFound):
		// The API can make no bio page, so that none can be found.
		t.Errorf("%s = %s is said to be %s, and refused: %v %v", name, v.raw, c.Of(v.raw), err, o.fields)
	case !refused && err == nil:
		items := s.must(t, request{op: api.ListChannelItems, path: api.Path{ID: r.path.ID}}).Get("data.items.0")
		if items.Get("id").Int() != r.path.ItemID || items.Get("type").Str != v.raw {
			t.Errorf("%s = %s; the channel holds %s", name, v.raw, items.Raw)
		}
	}
}

// works: the operation does what it is called, on what exists.
func (s *stand) works(t *testing.T, op api.Operation) {
	t.Helper()
	r := s.smallest(t, op)
	reply := s.must(t, r)
	kind := about(op)
	switch {
	case kind == "":
	case strings.HasPrefix(string(op), "create") && op != api.CreateLinks, op == api.UploadFile:
		if !s.row(t, kind, reply.Get("id").Int()).Exists() {
			t.Errorf("%s has made %s, which is not listed", op, reply.Raw)
		}
	case strings.HasPrefix(string(op), "delete"):
		if s.row(t, kind, r.path.ID).Exists() {
			t.Errorf("%s, and it is still listed", op)
		}
	}
	if op == api.AssignLinkToCampaign && s.kind != script {
		if got := s.must(t, request{op: api.GetLink, path: api.Path{ID: r.path.ItemID}}).Get("details.campaign").Int(); got != r.path.ID {
			t.Errorf("the link is in the campaign %d; want %d", got, r.path.ID)
		}
	}
}
