package gateway_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/gateway"
	"github.com/linkquay/linkquay/ratelimit"
)

// results answers each item as it came.
func results(call *api.Call) (*api.Reply, error) {
	var r adapters.Results
	for i, item := range call.Items {
		if item.Err != nil {
			r.Failed(item.Err)
			continue
		}
		r.Created(int64(i+1), gjson.GetBytes(item.Document, "url").String())
	}
	return r.Reply(), nil
}

// TestGateway_Items: what is wrong with one document is the answer to it, and
// what a dialect puts right is put right in each.
func TestGateway_Items(t *testing.T) {
	server, _ := serve(t, results, nil)
	status, body := ask(t, server, "POST", "/api/urls/bulk", "good",
		`{"urls":[{"url":"https://a.example/","campaign":"3","custom":""},{"custom":"x"},{},{"url":"https://b.example/","nonsense":1}]}`)
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	const bad = "Please enter a valid URL."
	want := `{"created":2,"failed":2,"results":[` +
		`{"error":0,"id":1,"shorturl":"https://a.example/","short":"https://a.example/"},` +
		`{"error":1,"message":"` + bad + `","msg":"` + bad + `","errors":{"url":["` + bad + `"],"custom":["Custom alias must be at least 3 characters."]}},` +
		`{"error":1,"message":"` + bad + `","msg":"` + bad + `","errors":{"url":["` + bad + `"]}},` +
		`{"error":0,"id":4,"shorturl":"https://b.example/","short":"https://b.example/"}]}`
	if got := gjson.Get(body, "data").Raw; got != want {
		t.Errorf("data: %s; want %s", got, want)
	}
	for _, c := range [][2]string{
		{`{"urls":[]}`, `{"urls":["must not be empty"]}`},
		{``, `{"urls":["is required"]}`},
		{`{"urls":[1]}`, `{"urls[0]":["must be an object"]}`},
		{`{"urls":[` + strings.Repeat("{},", 1000) + `{}]}`, `{"urls":["must have at most 1000 entries"]}`},
	} {
		if status, body := ask(t, server, "POST", "/api/urls/bulk", "good", c[0]); status != 400 || gjson.Get(body, "errors").Raw != c[1] {
			t.Errorf("%.40s: %d %s; want 400 %s", c[0], status, body, c[1])
		}
	}
}

// TestGateway_BulkItems: documents have a limit of their own, all or nothing.
func TestGateway_BulkItems(t *testing.T) {
	asked := 0
	do := func(call *api.Call) (*api.Reply, error) { asked += len(call.Items); return results(call) }
	server, _ := serve(t, do, func(cfg *gateway.Config) { cfg.BulkItems = api.Rate{Requests: 5, Window: time.Hour} })
	type answer struct {
		Status     int
		Remaining  string
		RetryAfter bool
		Asked      int
	}
	for i, step := range []struct {
		items int
		want  answer
	}{
		{2, answer{200, "3", false, 2}},
		{4, answer{429, "3", true, 2}},
		{6, answer{400, "3", false, 2}},
		{3, answer{200, "0", false, 5}},
		{1, answer{429, "0", true, 5}},
	} {
		body := `{"urls":[` + strings.TrimSuffix(strings.Repeat("{},", step.items), ",") + `]}`
		status, header, text := askWith(t, server, "POST", "/api/urls/bulk", "good", body, nil)
		got := answer{status, header.Get("X-RateLimit-Items-Remaining"), header.Get("Retry-After") != "", asked}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("step %d (-want +got):\n%s%s", i, diff, text)
		}
		if header.Get("X-RateLimit-Items-Limit") != "5" || header.Get("X-RateLimit-Items-Reset") == "" {
			t.Errorf("step %d: %v", i, header)
		}
	}
	if status, header, body := askWith(t, server, "POST", "/api/url/add", "good", create, nil); status != 200 || header.Get("X-RateLimit-Items-Limit") != "" {
		t.Errorf("one link: %d %s %v; want it without that limit", status, body, header)
	}
}

// TestGateway_BulkItemsCountOneRequest: the limit of requests counts a request.
func TestGateway_BulkItemsCountOneRequest(t *testing.T) {
	server, _ := serve(t, results, func(cfg *gateway.Config) {
		cfg.Keys = keyring{api.Key{ID: "key:k", Name: "k", Backend: "b", Scopes: api.DefaultScopes, Rate: api.Rate{Requests: 10, Window: time.Hour}}}
	})
	_, header, body := askWith(t, server, "POST", "/api/urls/bulk", "good", `{"urls":[{},{},{}]}`, nil)
	if header.Get("X-RateLimit-Remaining") != "9" || gjson.Get(body, "data.failed").Int() != 3 {
		t.Errorf("%v %s; want one request counted", header, body)
	}
}

// broken counts requests and fails at items.
type broken struct{ ratelimit.Limiter }

func (broken) TakeN(context.Context, string, api.Rate, int) (ratelimit.Result, error) {
	return ratelimit.Result{}, errors.New("secret detail")
}

func TestGateway_BulkItemsUnchecked(t *testing.T) {
	called := false
	do := func(call *api.Call) (*api.Reply, error) { called = true; return results(call) }
	server, _ := serve(t, do, func(cfg *gateway.Config) {
		cfg.BulkItems, cfg.Limits = api.Rate{Requests: 5, Window: time.Hour}, broken{cfg.Limits}
	})
	if status, body := ask(t, server, "POST", "/api/urls/bulk", "good", `{"urls":[{}]}`); status != 503 || called || strings.Contains(body, "secret") {
		t.Errorf("%d %s, backend called: %t; want 503 before anything is made", status, body, called)
	}
}
