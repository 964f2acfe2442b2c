package dglnk

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/dglnk"
)

// bulk is a call with the documents.
func bulk(documents ...string) *api.Call {
	call := &api.Call{Operation: api.CreateLinks, Key: &api.Key{Account: api.MainAccount}}
	for _, d := range documents {
		call.Items = append(call.Items, api.Item{Document: []byte(d)})
	}
	return call
}

// plain are n documents that ask for nothing but an address.
func plain(n int) []string {
	documents := make([]string, n)
	for i := range documents {
		documents[i] = fmt.Sprintf(`{"url":"https://example.com/%d"}`, i)
	}
	return documents
}

// createMany sends the call and returns the result of each item.
func (s *simulated) createMany(t *testing.T, call *api.Call) []gjson.Result {
	t.Helper()
	reply, err := s.Do(t.Context(), call)
	if err != nil {
		t.Fatalf("createLinks = %v", err)
	}
	adaptertest.Valid(t, api.CreateLinks, reply.Document)
	results := gjson.GetBytes(reply.Document, "data.results").Array()
	if len(results) != len(call.Items) {
		t.Fatalf("%d results; want %d", len(results), len(call.Items))
	}
	return results
}

// leads fails the test where a result is not the link to the address.
func (s *simulated) wantLink(t *testing.T, result gjson.Result, address string) {
	t.Helper()
	short := result.Get("shorturl").String()
	for _, l := range s.site.Links() {
		name := l.Hash
		if l.Alias != "" {
			name = l.Alias
		}
		if strings.HasSuffix(short, "/"+name) {
			if l.LongURL != address {
				t.Errorf("%s leads to %s; want %s", short, l.LongURL, address)
			}
			entry, err := s.ledger.Entry(t.Context(), api.MainAccount, adaptertest.Name, result.Get("id").Int())
			if err != nil || entry.ShortURL != short || entry.RemoteID != strconv.FormatInt(l.ID, 10) {
				t.Errorf("the ledger has %+v, %v for %s", entry, err, short)
			}
			return
		}
	}
	t.Errorf("the result for %s is %s; want a link", address, result.Raw)
}

func TestAdapter_BulkGroups(t *testing.T) {
	s := simulation(t, sites.Options{}, Config{})
	documents := plain(23)
	for i, result := range s.createMany(t, bulk(documents...)) {
		s.wantLink(t, result, fmt.Sprintf("https://example.com/%d", i))
	}
	var sizes []int
	for _, r := range s.server.Requests() {
		sizes = append(sizes, len(gjson.Get(r.Body, "multiple_urls").Array()))
	}
	if fmt.Sprint(sizes) != "[10 10 3]" {
		t.Errorf("requests of %v addresses; want 10, 10 and 3", sizes)
	}
	s.wantLedger(t, 23, 0)
}

// What differs, has an alias or is there twice does not go together; what is
// wrong is told as createLink tells it, and every item has a result of its own.
func TestAdapter_BulkMixed(t *testing.T) {
	s := simulation(t, sites.Options{}, Config{})
	call := bulk(
		`{"url":"https://example.com/0"}`,
		`{"url":"https://example.com/1","custom":"spring24"}`,
		`{"url":"https://example.com/0"}`,
		`{"url":"https://example.com/3","password":"hunter2hunter2"}`,
		`{"url":"https://example.com/4","custom":"spring24"}`,
		`{"url":"mailto:somebody@example.com"}`,
		`{"url":"https://example.com/6"}`,
		`{}`,
		`{"url":"https://example.com/8","type":"frame"}`,
		`{"url":"https://example.com/9","password":"hunter2hunter2"}`,
		`{"url":"https://example.com/10","description":"a note"}`,
	)
	call.Items[7] = api.Item{Err: api.InvalidField("url", "is required")}
	call.Tags = []string{"spring"}
	results := s.createMany(t, call)
	for _, i := range []int{0, 1, 2, 3, 6, 9, 10} {
		address := gjson.GetBytes(call.Items[i].Document, "url").String()
		s.wantLink(t, results[i], address)
	}
	if results[0].Get("id").Int() == results[2].Get("id").Int() {
		t.Error("two items with one address have one link")
	}
	for i, field := range map[int]string{4: "custom", 5: "url", 7: "url", 8: "type"} {
		if r := results[i]; r.Get("error").Int() == 0 || !r.Get("errors."+field).Exists() {
			t.Errorf("result %d is %s; want an error about %s", i, r.Raw, field)
		}
	}
	for _, l := range s.site.Links() {
		if fmt.Sprint(l.Tags) != "[spring]" || strings.Contains(l.LongURL, "/3") != (l.Password != "") && !strings.Contains(l.LongURL, "/9") {
			t.Errorf("the site has %+v", l)
		}
	}
	s.wantLedger(t, 7, 0)
}

// A lost answer leaves the whole group in doubt, and what was not sent is not.
func TestAdapter_BulkInDoubt(t *testing.T) {
	s := simulation(t, sites.Options{}, Config{})
	s.mustFail(t, simulate.Fault{Kind: simulate.DieAfterCommit, After: 1, Times: 1})
	call := bulk(plain(30)...)
	results := s.createMany(t, call)
	for i, r := range results {
		message := r.Get("message").String()
		switch {
		case i < 10:
			s.wantLink(t, r, fmt.Sprintf("https://example.com/%d", i))
		case i < 20 && !strings.Contains(message, "may have been created"), i >= 20 && !strings.Contains(message, "not sent"):
			t.Errorf("result %d is %s", i, r.Raw)
		}
	}
	s.wantLedger(t, 10, 10)

	// Nothing tells what came of them: they are not sent at once, others are.
	call.Items = call.Items[10:]
	for i, r := range s.createMany(t, call) {
		if made := r.Get("error").Int() == 0; made != (i >= 10) {
			t.Errorf("the repeated item %d: %s", i, r.Raw)
		}
	}
	if n := len(s.site.Links()); n != 30 {
		t.Errorf("the site has %d links; want 30", n)
	}
	s.wantLedger(t, 20, 10)
}

// Where the site makes nothing of a call, the call fails as a whole.
func TestAdapter_BulkRefused(t *testing.T) {
	for _, c := range []struct {
		fault   simulate.Fault
		code    api.Code
		intents int
	}{
		{simulate.Fault{Kind: simulate.RateLimit}, api.RateLimited, 0},
		{simulate.Fault{Kind: simulate.Login}, api.Unauthorized, 0},
		{simulate.Fault{Kind: simulate.Status, Status: 403, Body: `{"message":"no"}`}, api.Forbidden, 0},
		{simulate.Fault{Kind: simulate.Status, Status: 404, Body: `{"message":"no"}`}, api.Unavailable, 0},
		{simulate.Fault{Kind: simulate.Reset}, api.Unavailable, 10},
		{simulate.Fault{Kind: simulate.DropFields, Fields: []string{"links"}}, api.Unavailable, 10},
		{simulate.Fault{Kind: simulate.DropFields, Fields: []string{"links[].short_url"}}, api.Unavailable, 10},
	} {
		t.Run(fmt.Sprintf("%s-%d", c.fault.Kind, c.fault.Status), func(t *testing.T) {
			s := simulation(t, sites.Options{}, Config{})
			s.mustFail(t, c.fault)
			_, err := s.Do(t.Context(), bulk(plain(30)...))
			if api.AsError(err).Code != c.code {
				t.Errorf("createLinks = %v; want %s", err, c.code)
			}
			if n := len(s.server.Requests()); n != 1 {
				t.Errorf("the site was asked %d times; want once", n)
			}
			s.wantLedger(t, 0, c.intents)
		})
	}
}

// A group that is refused as a whole is asked for one by one.
func TestAdapter_BulkGroupRefused(t *testing.T) {
	s := simulation(t, sites.Options{}, Config{})
	s.mustFail(t, simulate.Fault{Kind: simulate.Status, Status: 422, Body: `{"message":"Wrong.","errors":{"multiple_urls.1":["is not valid"]}}`, Times: 1})
	for i, r := range s.createMany(t, bulk(plain(3)...)) {
		s.wantLink(t, r, fmt.Sprintf("https://example.com/%d", i))
	}
	s.wantLedger(t, 3, 0)
}

// A caller that has gone gets no link that was not under way.
func TestAdapter_BulkCancelled(t *testing.T) {
	s := simulation(t, sites.Options{}, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Do(ctx, bulk(plain(3)...))
	if api.AsError(err).Code != api.Unavailable || len(s.server.Requests()) != 0 {
		t.Errorf("createLinks = %v, %d requests; want Unavailable and none", err, len(s.server.Requests()))
	}
	s.wantLedger(t, 0, 0)
}

// An item that an earlier request left in doubt is told from the others.
func TestAdapter_BulkTakesUpDoubt(t *testing.T) {
	s := simulation(t, sites.Options{}, Config{})
	s.fail(t, simulate.DieAfterCommit, 1)
	if _, err := s.create(t, `{"url":"https://example.com/1"}`); err == nil {
		t.Fatal("the first create = nil; want an error")
	}
	made := s.site.Links()[0]
	results := s.createMany(t, bulk(plain(3)...))
	if !strings.HasSuffix(results[1].Get("shorturl").String(), "/"+made.Alias) || len(s.site.Links()) != 3 {
		t.Errorf("the results are %v, the site has %d links; want the first one among 3", results, len(s.site.Links()))
	}
	s.wantLedger(t, 3, 0)
}

// Addresses that the site may write alike are told apart by their requests.
func TestAdapter_BulkAlike(t *testing.T) {
	s := simulation(t, sites.Options{}, Config{})
	for _, r := range s.createMany(t, bulk(`{"url":"https://example.com/"}`, `{"url":"https://EXAMPLE.com"}`)) {
		if r.Get("error").Int() != 0 {
			t.Errorf("the result is %s; want a link", r.Raw)
		}
	}
	if n := len(s.site.Links()); n != 2 {
		t.Errorf("the site has %d links; want 2", n)
	}
	s.wantLedger(t, 2, 0)
}

func TestMatch(t *testing.T) {
	for name, c := range map[string]struct {
		items  string // addresses
		links  string // addresses; with ! in front unreadable ones
		found  string
		strays int
	}{
		"in another order": {"https://a.example https://b.example", "https://b.example https://a.example", "0=1 1=0", 0},
		"normalised":       {"https://A.example https://b.example/", "https://a.example/ https://b.example", "0=0 1=1", 0},
		"one missing":      {"https://a.example https://b.example https://c.example", "https://c.example https://a.example", "0=1 2=0", 0},
		"one unlike":       {"https://a.example https://b.example", "https://a.example https://www.b.example", "0=0 1=1", 0},
		"two unlike":       {"https://a.example https://b.example", "https://c.example https://d.example", "", 2},
		"one of two":       {"https://a.example https://b.example", "https://c.example", "", 1},
		"unreadable":       {"https://a.example https://b.example", "https://a.example !https://b.example", "0=0", 1},
		"none":             {"https://a.example https://b.example", "", "", 0},
		"one too many":     {"https://a.example", "https://a.example https://b.example", "0=0", 1},
	} {
		t.Run(name, func(t *testing.T) {
			var items []*item
			index := map[any]int{}
			for i, address := range strings.Fields(c.items) {
				document, err := json.Marshal(map[string]string{"url": address})
				if err != nil {
					t.Fatal(err)
				}
				items = append(items, &item{draft: &draft{document: gjson.ParseBytes(document)}})
				index[items[i]] = i
			}
			var links []*created
			for i, address := range strings.Fields(c.links) {
				l := &created{longURL: strings.TrimPrefix(address, "!")}
				if l.longURL == address {
					l.id = "1"
				}
				links = append(links, l)
				index[l] = i
			}
			found := map[int]string{}
			rest, strays := match(items, links, func(it *item, l *created) { found[index[it]] = fmt.Sprintf("%d=%d", index[it], index[l]) })
			var pairs []string
			for i := range items {
				if found[i] != "" {
					pairs = append(pairs, found[i])
				}
			}
			if got := strings.Join(pairs, " "); got != c.found || strays != c.strays || len(rest) != len(items)-len(pairs) {
				t.Errorf("match found %q, %d strays, %d items left; want %q, %d", got, strays, len(rest), c.found, c.strays)
			}
		})
	}
}
