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
