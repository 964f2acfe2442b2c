package conformance_test

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

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

// walkQuery: a query parameter.
func (s *stand) walkQuery(t *testing.T, op api.Operation, name string, v value, c api.FieldCapability) {
	t.Helper()
	q := query{stand: s, op: op, name: name, sent: s.fill(t, v.raw)}
	q.prepare(t)
	reply, warnings, err := s.try(t, request{op: op, path: q.path, query: q.values})
	where := op + " with " + api.Operation(q.values.Encode())
	support := c.Of(v.raw)
	switch {
	case err != nil && support != api.Refused:
		t.Errorf("%s is said to be %s, and refused: %v", where, support, err)
	case err != nil:
		e := api.AsError(err)
		if o := (outcome{code: e.Code, fields: e.Fields}); !o.refuses(s.kind, name, q.values.Get(name)) {
			t.Errorf("%s is refused with %v %v; want Unsupported that names parameter, value and backend", where, err, e.Fields)
		}
	case support == api.Refused:
		t.Errorf("%s is accepted; the capabilities say that it is refused", where)
	default:
		for _, w := range warnings {
			if concerns(w.Field, name) {
				t.Errorf("%s is accepted with the warning %q", where, w)
			}
		}
		q.check(t, reply)
	}
}

// query is one parameter of a call, and what it is about.
type query struct {
	*stand

	op     api.Operation
	name   string
	sent   string
	path   api.Path
	values url.Values
	ids    []int64 // of the objects in the order of their making
	short  string  // of the one that is looked for, which was visited
}

// prepare makes what there is to be found: three objects, of which the first is
// the one that is looked for.
func (q *query) prepare(t *testing.T) {
	t.Helper()
	q.values = url.Values{q.name: {q.sent}}
	if q.op == api.UploadFile || q.op == api.ListOrphanVisits {
		return
	}
	kind := about(q.op)
	if q.op == api.ListChannelItems {
		q.path.ID = q.make(t, "Channel", "")
		for range 3 {
			id := q.make(t, "Link", "")
			q.must(t, request{op: api.AssignItemToChannel, path: api.Path{ID: q.path.ID, ItemID: id, ItemType: "links"}})
			q.ids = append(q.ids, id)
		}
		if q.name == "page" {
			q.values.Set("limit", "1")
		}
		return
	}
	members := ""
	if kind == "Link" && q.name == "q" {
		members = `{"url":"https://example.com/needle"}`
	}
	if q.name == "externalid" && q.all[api.CreateLink].Fields[q.name].Support != api.Refused {
		members = `{"externalid":"` + q.sent + `"}`
	}
	for i := range 3 {
		if kinds[kind].there != 0 && !q.does(kinds[kind].create) {
			break
		}
		if i > 0 {
			members = ""
		}
		r := request{op: kinds[kind].create, body: q.merged(t, documents[kinds[kind].create], members), query: url.Values{}}
		if kind == "File" && i == 0 {
			r.query.Set("name", "A Needle in hay")
		}
		reply := q.must(t, r)
		q.ids = append(q.ids, reply.Get("id").Int())
		if i == 0 {
			q.short = reply.Get("shorturl").Str
		}
	}
	if q.op == api.GetLinkStatistics {
		q.path.ID = q.ids[0]
	}
	if kind == "Link" && (q.name == "order" || q.op == api.GetLinkStatistics) {
		for range 3 {
			q.visit(t, q.ids[0], q.short)
		}
	}
	if q.name == "short" {
		host, alias, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(q.short, "https://"), "http://"), "/")
		q.values.Set(q.name, map[string]string{"full": q.short, "host": host + "/" + alias, "alias": alias}[q.sent])
	}
	if q.name == "page" {
		q.values.Set("limit", "1")
	}
}

// check: the reply is what was asked for.
func (q *query) check(t *testing.T, reply gjson.Result) {
	t.Helper()
	kind := about(q.op)
	place := kinds[kind].rows
	if q.op == api.ListChannelItems {
		place = "data.items"
	}
	rows := reply.Get(place).Array()
	var got []int64
	for _, row := range rows {
		got = append(got, row.Get("id").Int())
	}
	paging := reply.Get("data")
	if kind == "File" {
		paging = reply
	}
	fail := func(want any) {
		t.Helper()
		t.Errorf("%s with %s has %v; want %v\n%.600s", q.op, q.values.Encode(), got, want, reply.Raw)
	}
	switch {
	case q.op == api.UploadFile:
		q.uploaded(t, reply)
	case q.op == api.GetLinkStatistics:
		q.statistics(t, reply)
	case q.op == api.ListOrphanVisits:
	case q.name == "limit":
		if n, _ := strconv.Atoi(q.sent); len(rows) != min(n, int(paging.Get("result").Int())) || paging.Get("perpage").Int() != int64(n) {
			fail("pages of " + q.sent)
		}
	case q.name == "page":
		if len(q.ids) == 0 {
			return
		}
		other := url.Values{"limit": {"1"}, "page": {map[string]string{"1": "2", "2": "1"}[q.sent]}}
		first := q.must(t, request{op: q.op, path: q.path, query: other}).Get(place + ".0.id").Int()
		if len(got) != 1 || got[0] == first || paging.Get("currentpage").String() != q.sent {
			fail("page " + q.sent)
		}
	case q.name == "order" && q.sent == "date":
		if len(got) < 3 || got[0] != q.ids[2] || got[1] != q.ids[1] {
			fail(q.ids)
		}
	case q.name == "order", q.name == "q", q.name == "externalid", q.name == "name":
		if len(got) == 0 || !slices.Contains(got, q.ids[0]) || slices.Contains(got, q.ids[2]) && q.name != "order" || q.name == "order" && slices.Contains(got[1:], q.ids[0]) && got[0] != q.ids[0] && rows[0].Get("clicks").Int() < 3 {
			fail(q.ids[0])
		}
	case q.name == "short":
		if reply.Get("id").Int() != q.ids[0] {
			fail(q.ids[0])
		}
	default:
		t.Errorf("%s: nothing observes the parameter %q", q.op, q.name)
	}
}

// statistics: the visits of the link are told as was asked for.
func (q *query) statistics(t *testing.T, reply gjson.Result) {
	t.Helper()
	data := reply.Get("data")
	var got, want string
	switch q.name {
	case "interval":
		got, want = data.Get("interval").Str, q.sent
	case "dimension":
		got, want = strings.Join(keys(data.Get("dimensions")), " "), q.sent
	case "from":
		got, want = data.Get("from").Str+" "+data.Get("total.clicks").String(), q.sent[:10]+" 00:00:00 3"
	case "to":
		clicks := map[bool]string{true: " 3", false: " 0"}[q.sent == q.fill(t, "$today")]
		got, want = data.Get("total.clicks").String(), strings.TrimSpace(clicks)
	default:
		t.Errorf("nothing observes the parameter %q", q.name)
	}
	if got != want {
		t.Errorf("%s=%s answers %q; want %q\n%s", q.name, q.sent, got, want, data.Raw)
	}
}

func keys(object gjson.Result) (names []string) {
	object.ForEach(func(name, _ gjson.Result) bool {
		names = append(names, name.Str)
		return true
	})
	return names
}

// uploaded: the file is kept as was asked for.
func (q *query) uploaded(t *testing.T, reply gjson.Result) {
	t.Helper()
	id, got := reply.Get("id").Int(), ""
	if q.script != nil {
		for _, o := range q.script.Objects("files") {
			if int64(o.ID) == id {
				got = fmt.Sprint(o.Sent[q.name])
			}
		}
	} else {
		u, err := q.store.Uploads().Get(t.Context(), api.MainAccount, id)
		if err != nil {
			t.Fatal(err)
		}
		hashed := map[bool]string{true: q.sent}[u.Link.PasswordHash != ""]
		got = map[string]string{
			"name": u.Link.Options.File.Name, "custom": u.Link.Alias, "domain": u.Link.Domain, "password": hashed,
			"expiry": u.Link.Expires.UTC().Format(time.DateTime), "maxdownloads": strconv.FormatInt(u.Link.Options.ClickLimit, 10),
		}[q.name]
	}
	if at, err := time.ParseInLocation(time.DateTime, got, seoul); err == nil && q.script != nil && q.settings.other {
		got = at.UTC().Format(time.DateTime)
	}
	wrap := func(text string) string { return canonical(q.name, asJSON(t, text)) }
	if wrap(got) != wrap(q.sent) {
		t.Errorf("%s=%s; the file has %q", q.name, q.sent, got)
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
