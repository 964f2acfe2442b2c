package caddymodule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/simulate"
)

// TestRemote_Nonsense: whatever a site makes of its replies, clients get one
// that is right by the contract, or an error by it. The harness checks the
// former.
func TestRemote_Nonsense(t *testing.T) {
	fields := map[string][]string{
		"gempixel": {
			"error", "message", "id", "shorturl", "short", "data", "data.result", "data.urls", "data.urls[].id", "data.urls[].shorturl",
			"data.urls[].date", "details", "details.id", "details.longurl", "details.date", "data.clicks", "data.topCountries",
		},
		"dglnk 1": {"status", "link", "link.id", "link.hash", "link.long_url", "link.short_url", "link.created_at", "messages"},
		"dglnk 3": {
			"status", "link", "link.id", "link.short_url", "link.long_url", "link.created_at", "link.rules", "pagination", "pagination.data",
			"pagination.total", "pagination.data[].id", "pagination.data[].short_url", "pagination.data[].created_at",
		},
	}
	for _, kind := range remoteKinds {
		t.Run(kind, func(t *testing.T) {
			remote := simulated(t, kind, simulate.Options{})
			s := nativeSite(t, "rate_limit off\n"+remote.backend("there", gempixelKey, "timeout 5s"))
			id, short := s.create(gempixelKey, `{"url":"https://example.com/"}`)
			faults := []simulate.Fault{
				{Kind: simulate.HTML},
				{Kind: simulate.Login},
				{Kind: simulate.Redirect},
				{Kind: simulate.Empty},
				{Kind: simulate.CutJSON},
				{Kind: simulate.Status, Status: 200, Body: "[]"},
				{Kind: simulate.Status, Status: 200, Body: "null"},
				{Kind: simulate.Status, Status: 400, Body: `{"message":{"a":[1]}}`},
				{Kind: simulate.Status, Status: 404, Body: "<html>"},
			}
			for _, field := range fields[kind] {
				faults = append(faults, simulate.Fault{Kind: simulate.DropFields, Fields: []string{field}})
				for _, to := range []string{"string", "number", "bool", "object", "array", "null"} {
					faults = append(faults, simulate.Fault{Kind: simulate.RetypeFields, Fields: []string{field}, To: to})
				}
			}
			requests := []request{
				{Method: "GET", Path: "/api/urls"},
				{Method: "GET", Path: fmt.Sprint("/api/url/", id)},
				{Method: "GET", Path: "/api/urls?short=" + short},
				{Method: "PUT", Path: fmt.Sprintf("/api/url/%d/update", id), Body: []byte(`{"url":"https://example.com/new"}`)},
				{Method: "POST", Path: "/api/url/add", Body: []byte(`{"url":"https://example.com/%d"}`)},
				{Method: "GET", Path: "/api/account"},
				{Method: "GET", Path: "/api/pixels"},
			}
			if kind == "dglnk 1" {
				requests = requests[4:5] // the others do not ask the site
			}
			seen := map[int]int{}
			for i, fault := range faults {
				for _, r := range requests {
					remote.fail(t, fault)
					a := s.do(r.Method, r.Path, gempixelKey, strings.ReplaceAll(string(r.Body), "%d", fmt.Sprint(i)))
					remote.Heal()
					seen[a.Status]++
					what := fmt.Sprintf("%s %s under %s %v %s%s", r.Method, r.Path, fault.Kind, fault.Fields, fault.To, fault.Body)
					switch {
					case !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") || strings.Contains(strings.ToLower(a.Body), "<html"):
						t.Errorf("%s: %d %v %s; want JSON", what, a.Status, a.Header, a.Body)
					case !slices.Contains([]int{200, 400, 404, 501, 503}, a.Status):
						t.Errorf("%s: %d %s", what, a.Status, a.Body)
					case a.Status != 200 && (a.get("error").Int() == 0 || a.get("message").String() == ""):
						t.Errorf("%s: %d %s; want an error that says something", what, a.Status, a.Body)
					case fault.Kind != simulate.DropFields && fault.Kind != simulate.RetypeFields && a.Status == 200 && a.get("error").Int() == 0 && r.Path != "/api/account" && r.Path != "/api/pixels":
						t.Errorf("%s: %d %s; want an error", what, a.Status, a.Body)
					}
					// Its breaker stays closed.
					for range 2 * (a.Status / 500) {
						s.create(gempixelKey, `{"url":"https://example.com/between"}`)
					}
				}
			}
			if seen[200] == 0 || seen[503] == 0 {
				t.Errorf("statuses %v; want some of each", seen)
			}
		})
	}
}

// TestRemote_BulkOnce: the items of a bulk create whose answer is lost, sent
// again, are made once.
func TestRemote_BulkOnce(t *testing.T) {
	for _, kind := range []string{"gempixel", "dglnk 3"} {
		for _, fault := range []simulate.Kind{simulate.DieAfterCommit, simulate.CutJSON, simulate.HTML} {
			t.Run(kind+"/"+string(fault), func(t *testing.T) {
				remote := simulated(t, kind, simulate.Options{})
				s := nativeSite(t, "rate_limit off\n"+remote.backend("there", gempixelKey, "timeout 5s"))
				remote.fail(t,
					simulate.Fault{Kind: fault, Commit: true, Method: "POST", Times: 1},
					simulate.Fault{Kind: simulate.Status, Status: 500, Method: "GET", Times: 3},
				)
				items := []string{`{"url":"https://example.com/1"}`, `{"url":"https://example.com/2"}`, `{"url":"https://example.com/3"}`}
				var got []string
				for range 4 {
					a := s.do("POST", "/api/urls/bulk", gempixelKey, `{"urls":[`+strings.Join(items, ",")+`]}`)
					results := a.get("data.results").Array()
					if a.Status == 503 {
						continue
					}
					if a.Status != 200 || len(results) != len(items) {
						t.Fatalf("%d %s; want a result for each of %v", a.Status, a.Body, items)
					}
					var failed []string
					for i, r := range results {
						if r.Get("error").Int() != 0 {
							failed = append(failed, items[i])
						} else {
							got = append(got, r.Get("shorturl").String())
						}
					}
					if items = failed; len(items) == 0 {
						break
					}
				}
				want := remote.shorts()
				slices.Sort(got)
				slices.Sort(want)
				if len(want) != 3 || !slices.Equal(got, want) {
					t.Errorf("%v were answered, the site has %v; want three", got, want)
				}
			})
		}
	}
}
