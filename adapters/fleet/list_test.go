package fleet

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// listing answers lists of n links or files, newest first. Past the end it tells no
// total, as some sites do.
func listing(n int) func(*api.Call) (*api.Reply, error) {
	return func(call *api.Call) (*api.Reply, error) {
		page := adapters.PageOf(call.Query)
		var rows []string
		for i := page.Offset(); i < min(n, page.Offset()+page.Limit); i++ {
			rows = append(rows, fmt.Sprintf(`{"id":%d,"q":"%s"}`, n-i, call.Query.Get("q")))
		}
		result := n
		if rows == nil {
			result = 0
		}
		shape := `{"error":0,"data":{"result":%d,"perpage":%d,"urls":[%s]}}`
		if call.Operation == api.ListFiles {
			shape = `{"error":0,"result":%d,"perpage":%d,"list":[%s]}`
		}
		return &api.Reply{Document: fmt.Appendf(nil, shape, result, page.Limit, strings.Join(rows, ","))}, nil
	}
}

// model is the ids of all links as a key of kr sees them, in their order.
func model(kr, dg, native int) (ids []int64) {
	for _, b := range []struct {
		links int
		bit   int64
	}{{kr, 0}, {dg, dgBit}, {native, nativeBit}} {
		for id := b.links; id > 0; id-- {
			ids = append(ids, b.bit|int64(id))
		}
	}
	return ids
}

// TestRouter_List: the pages of three backends are those of one list, for few
// calls.
func TestRouter_List(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 5))
	for range 3000 {
		f := newTrio(t)
		sizes := [3]int{random.IntN(40), random.IntN(40), random.IntN(40)}
		if random.IntN(3) == 0 {
			sizes[random.IntN(3)] = 0
		}
		f.kr.do, f.dg.do, f.native.do = listing(sizes[0]), listing(sizes[1]), listing(sizes[2])
		want := model(sizes[0], sizes[1], sizes[2])
		page := adapters.Page{Limit: 1 + random.IntN(50), Number: 1 + random.IntN(8)}
		if random.IntN(20) == 0 {
			page = adapters.Page{Limit: 1000, Number: 1<<53 - 1}
		}
		query := url.Values{"limit": {strconv.Itoa(page.Limit)}, "page": {strconv.Itoa(page.Number)}, "q": {"x"}}
		operation, holder, plural := api.ListLinks, "data.", "urls"
		if random.IntN(2) == 0 {
			operation, holder, plural = api.ListFiles, "", "list"
		}
		got, failure := f.do(t, "kr", api.Call{Operation: operation, Query: query})
		if failure != nil {
			t.Fatalf("%v, page %+v: %v", sizes, page, failure)
		}
		from, to := min(page.Offset(), len(want)), min(page.Offset()+page.Limit, len(want))
		ids := []int64{}
		for _, row := range gjson.Get(got, holder+plural).Array() {
			ids = append(ids, row.Get("id").Int())
			if row.Get("q").Str != "x" {
				t.Fatalf("%v, page %+v: the filter was not passed on: %s", sizes, page, row)
			}
		}
		if !slices.Equal(ids, want[from:to]) {
			t.Fatalf("%v, page %+v: %v; want %v", sizes, page, ids, want[from:to])
		}
		var told [5]string
		for i, name := range []string{"result", "perpage", "currentpage", "maxpage", "nextpage"} {
			told[i] = gjson.Get(got, holder+name).Raw
		}
		maxPage, next := (len(want)+page.Limit-1)/page.Limit, "null"
		if page.Number < maxPage {
			next = strconv.Itoa(page.Number + 1)
		}
		if diff := cmp.Diff([5]string{strconv.Itoa(len(want)), strconv.Itoa(page.Limit), strconv.Itoa(page.Number), strconv.Itoa(maxPage), next}, told); diff != "" {
			t.Fatalf("%v, page %+v (-want +got):\n%s", sizes, page, diff)
		}
		allowed := 3
		if page.Number == 1 {
			allowed = 1
		}
		for _, s := range []*site{f.kr, f.dg, f.native} {
			if _, n := s.last(); n > allowed {
				t.Fatalf("%v, page %+v: %d calls to one backend; want at most %d", sizes, page, n, allowed)
			}
		}
	}
}

// TestRouter_ListDeep: a page of one's own costs one call there.
func TestRouter_ListDeep(t *testing.T) {
	f := newTrio(t)
	f.kr.do, f.dg.do, f.native.do = listing(40), listing(10), listing(0)
	if _, failure := f.do(t, "kr", api.Call{Operation: api.ListLinks, Query: url.Values{"limit": {"10"}, "page": {"2"}}}); failure != nil {
		t.Fatal(failure)
	}
	for name, s := range map[string]*site{"kr": f.kr, "dg": f.dg, "native": f.native} {
		if _, n := s.last(); n != 1 {
			t.Errorf("%d calls to %s; want 1", n, name)
		}
	}
}

// TestRouter_ListAlone: where nothing else takes part, the list is as the
// backend tells it.
func TestRouter_ListAlone(t *testing.T) {
	kr := saying(`{"error":0,"data":{"result":1,"unknown":true,"urls":[{"id":1}]}}`)
	backends, err := New(t.Context(), Config{
		Account: "main", Remotes: []Remote{{"kr", kr, []string{"links.kr.example"}}},
		Native: saying(""), Domains: branded{}, Number: numbers(),
	})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := backends["kr"].Do(t.Context(), &api.Call{Operation: api.ListLinks})
	if err != nil || !gjson.GetBytes(reply.Document, "data.unknown").Bool() {
		t.Errorf("%+v, %v", reply, err)
	}
}

// TestRouter_ListOfThoseThatOnlyList: what cannot make links can have some.
func TestRouter_ListOfThoseThatOnlyList(t *testing.T) {
	f := newTrio(t)
	f.kr.do, f.native.do = listing(1), listing(1)
	// It writes a page of its own length where all of its rows are there.
	f.dg.do = saying(`{"data":{"result":2,"perpage":2,"urls":[{"id":2},{"id":1}]}}`).do
	delete(f.dg.capabilities, api.CreateLink)
	if got, failure := f.do(t, "kr", api.Call{Operation: api.ListLinks}); failure != nil || gjson.Get(got, "data.result").Int() != 4 {
		t.Errorf("%s, %v; want all four", got, failure)
	}
}

func TestRouter_ListDefaults(t *testing.T) {
	f := newTrio(t)
	f.kr.do, f.dg.do, f.native.do = listing(10), listing(10), listing(10)
	got, failure := f.do(t, "kr", api.Call{Operation: api.ListLinks})
	if n := gjson.Get(got, "data.urls.#").Int(); failure != nil || n != 15 || gjson.Get(got, "data.result").Int() != 30 {
		t.Errorf("%d rows of %s, %v", n, got, failure)
	}
}

// TestRouter_ListRefusals: a list is whole or it is none.
func TestRouter_ListRefusals(t *testing.T) {
	away := &api.Error{Code: api.Unavailable, Message: `The backend "dg" did not answer.`, RetryAfter: 1e9}
	refused := &api.Error{Code: api.Unsupported, Message: `externalid is not supported by the backend "dg".`, Fields: []api.FieldError{{Field: "externalid"}}}
	for name, c := range map[string]struct {
		dg   func(*api.Call) (*api.Reply, error)
		want api.Error
	}{
		"Away":    {func(*api.Call) (*api.Reply, error) { return nil, away }, *away},
		"Refused": {func(*api.Call) (*api.Reply, error) { return nil, refused }, *refused},
		"Panic":   {func(*api.Call) (*api.Reply, error) { panic("secret detail") }, api.Error{Code: api.Internal, Message: "An internal error occurred."}},
		"NoRows": {
			func(*api.Call) (*api.Reply, error) { return &api.Reply{Document: []byte(`{"error":0}`)}, nil },
			api.Error{Code: api.Unavailable, Message: `The backend "dg" gave an unexpected reply.`},
		},
		"RowWithoutID": {
			func(*api.Call) (*api.Reply, error) {
				return &api.Reply{Document: []byte(`{"data":{"result":1,"urls":[{"id":null}]}}`)}, nil
			},
			api.Error{Code: api.Unavailable, Message: `The backend "dg" gave an unexpected reply.`},
		},
		"ShortPages": {
			func(*api.Call) (*api.Reply, error) {
				return &api.Reply{Document: []byte(`{"data":{"result":30,"perpage":10,"urls":[]}}`)}, nil
			},
			api.Error{Code: api.Invalid, Message: `limit must be at most 10: the backend "dg" has no longer pages.`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTrio(t)
			f.kr.do, f.dg.do, f.native.do = listing(1), c.dg, listing(1)
			got, failure := f.do(t, "kr", api.Call{Operation: api.ListLinks})
			if failure == nil || failure.Code != c.want.Code || failure.Message != c.want.Message || failure.RetryAfter != c.want.RetryAfter {
				t.Errorf("%s, %v; want %v", got, failure, &c.want)
			}
		})
	}
}

// TestRouter_ListExternalID: what cannot keep an external id has no link with
// one, and need not be asked.
func TestRouter_ListExternalID(t *testing.T) {
	f := newTrio(t)
	f.kr.do, f.dg.do, f.native.do = listing(1), listing(1), listing(1)
	for _, s := range []*site{f.kr, f.dg} {
		s.capabilities[api.ListLinks] = api.Capability{Support: api.Native, Query: map[string]api.FieldCapability{"q": {Support: api.Native}}}
	}
	f.native.capabilities[api.ListLinks] = api.Capability{Support: api.Native, Query: map[string]api.FieldCapability{"externalid": {Support: api.Native}}}
	got, failure := f.do(t, "kr", api.Call{Operation: api.ListLinks, Query: url.Values{"externalid": {"order-1"}}})
	name, _ := f.called(t)
	if failure != nil || name != "native" || gjson.Get(got, "data.urls.0.id").Int() != nativeBit|1 || gjson.Get(got, "data.result").Int() != 1 {
		t.Errorf("%s from %q, %v; want that of native alone", got, name, failure)
	}
	// Of dg nobody knows whether it can.
	f.dg.capabilities[api.ListLinks] = api.Capability{Support: api.Native}
	if got, failure := f.do(t, "kr", api.Call{Operation: api.ListLinks, Query: url.Values{"externalid": {"order-1"}}}); failure != nil || gjson.Get(got, "data.result").Int() != 2 {
		t.Errorf("%s, %v; want that of dg too", got, failure)
	}
	f.dg.capabilities[api.ListLinks], f.native.capabilities[api.ListLinks] = f.kr.capabilities[api.ListLinks], f.kr.capabilities[api.ListLinks]
	for _, s := range []*site{f.kr, f.dg, f.native} {
		s.last()
	}
	if _, failure := f.do(t, "kr", api.Call{Operation: api.ListLinks, Query: url.Values{"externalid": {"order-1"}}}); failure != nil {
		t.Error(failure)
	}
	if name, _ := f.called(t); name != "kr" {
		t.Errorf("%q answered; want the key's own to refuse it where nobody can", name)
	}
}

// TestRouter_ListFilesOfThoseWithFiles: a backend without files is not asked for them.
func TestRouter_ListFilesOfThoseWithFiles(t *testing.T) {
	f := newTrio(t)
	f.kr.do, f.native.do = listing(1), listing(1)
	delete(f.dg.capabilities, api.ListFiles)
	if _, failure := f.do(t, "kr", api.Call{Operation: api.ListFiles}); failure == nil || failure.Code != api.Unsupported {
		t.Errorf("%v; want unsupported, since dg takes files", failure)
	}
	delete(f.dg.capabilities, api.UploadFile)
	f.dg.last()
	if got, failure := f.do(t, "kr", api.Call{Operation: api.ListFiles}); failure != nil || gjson.Get(got, "result").Int() != 2 {
		t.Errorf("%s, %v; want the files of the other two", got, failure)
	}
	if _, n := f.dg.last(); n != 0 {
		t.Error("dg was asked")
	}
}

// TestRouter_ListHeaders: a list is as old as its oldest part, and what each
// backend warns of is passed on once.
func TestRouter_ListHeaders(t *testing.T) {
	f := newTrio(t)
	aged := func(n int, age string) func(*api.Call) (*api.Reply, error) {
		return func(call *api.Call) (*api.Reply, error) {
			reply, err := listing(n)(call)
			if age != "" {
				reply.Header = http.Header{"Age": {age}}
			}
			reply.Warnings = []api.FieldError{{Field: "order", Message: fmt.Sprint("lost by ", n)}}
			return reply, err
		}
	}
	f.kr.do, f.dg.do, f.native.do = aged(3, "9"), aged(4, "10"), aged(5, "")
	reply, err := f.backends["kr"].Do(t.Context(), &api.Call{Operation: api.ListLinks, Query: url.Values{"limit": {"4"}, "page": {"2"}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := reply.Header.Get("Age"); got != "10" {
		t.Errorf("Age %q; want 10", got)
	}
	var warnings []string
	for _, w := range reply.Warnings {
		warnings = append(warnings, w.Message)
	}
	if want := []string{"lost by 3", "lost by 4", "lost by 5"}; !slices.Equal(warnings, want) {
		t.Errorf("warnings %v; want %v", warnings, want)
	}
}

// TestRouter_Search: the host tells where a short URL is.
func TestRouter_Search(t *testing.T) {
	at := func(short string) string {
		return `{"error":0,"id":7,"details":{"id":7,"shorturl":"` + short + `"},"data":{"urls":[{"id":7}]}}`
	}
	miss := string(adapters.Missed(adapters.LinkNotFound).Document)
	for name, c := range map[string]struct {
		short          string
		kr, dg, native string
		id             int64 // 0: a miss
		asked          string
	}{
		"OwnDomain":        {"https://links.kr.example/a", at("https://links.kr.example/a"), at(""), at(""), 7, "kr"},
		"OtherDomain":      {"https://dg.example/a?x#y", at(""), at("https://dg.example/a"), at(""), dgBit | 7, "dg"},
		"NativeDomain":     {"go.example/a", at(""), at(""), at("https://go.example/a"), nativeBit | 7, "native"},
		"MissOnDomain":     {"https://dg.example/a", at(""), miss, at(""), 0, "dg"},
		"AliasAlone":       {"a", miss, at("https://dg.example/a"), at(""), 0, "kr"},
		"OwnMainDomain":    {"https://1mm.kr/a", at("https://1mm.kr/a"), at(""), at(""), 7, "kr"},
		"MainOfAnother":    {"https://dglnk.example/a", miss, at("https://DGLNK.example/a"), at(""), dgBit | 7, "kr dg"},
		"AnotherWithAlias": {"https://dglnk.example/a", at("https://1mm.kr/a"), at("https://dglnk.example/a"), miss, dgBit | 7, "kr dg"},
		"OwnOtherHost":     {"https://www.1mm.kr/a", at("https://1mm.kr/a"), miss, miss, 7, "kr dg native"},
		"AliasElsewhere":   {"https://nobody.example/a", miss, at("https://dg.example/a"), miss, 0, "kr dg native"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTrio(t)
			f.kr.do, f.dg.do, f.native.do = saying(c.kr).do, saying(c.dg).do, saying(c.native).do
			got, failure := f.do(t, "kr", api.Call{Operation: api.ListLinks, Query: url.Values{"short": {c.short}}})
			if failure != nil {
				t.Fatal(failure)
			}
			if c.id == 0 && got != miss || c.id != 0 && (gjson.Get(got, "id").Int() != c.id || gjson.Get(got, "data.urls.0.id").Int() != c.id) {
				t.Errorf("%s; want the id %d", got, c.id)
			}
			var asked []string
			for _, s := range []struct {
				name string
				site *site
			}{{"kr", f.kr}, {"dg", f.dg}, {"native", f.native}} {
				if _, n := s.site.last(); n > 0 {
					asked = append(asked, s.name)
				}
			}
			if strings.Join(asked, " ") != c.asked {
				t.Errorf("asked %v; want %s", asked, c.asked)
			}
		})
	}
}
