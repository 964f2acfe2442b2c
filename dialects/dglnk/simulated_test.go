package dglnk_test

import (
	"slices"
	"testing"
	"time"

	adapter "github.com/linkquay/linkquay/adapters/dglnk"
	"github.com/linkquay/linkquay/adapters/emulate"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/dialects/dglnk"
	"github.com/linkquay/linkquay/simulate"
	simulated "github.com/linkquay/linkquay/simulate/dglnk"
	"github.com/linkquay/linkquay/store/storetest"
)

// TestDgLnk puts Linkquay between a client of dgLnk and dgLnk itself: what comes
// out is what went in.
func TestDgLnk(t *testing.T) {
	for version, path := range map[int]string{1: create, 3: dglnk.LinkPath} {
		site := simulated.New(simulated.Options{APIVersion: version, Zone: seoul, Pixels: map[int64]string{3: "Ads"}})
		server, err := simulate.Start(t.Context(), site, simulate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Close)
		cfg := upstream.Config{Backend: "b", BaseURL: server.URL, Key: simulated.DefaultKey, Timeout: 10 * time.Second}
		if version == 1 {
			cfg.KeyQuery = adapter.KeyQuery
		}
		upstreamClient, err := upstream.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(upstreamClient.Close)
		store := storetest.Open(t)
		inner, err := adapter.New(adapter.Config{Name: "b", APIVersion: version, Zone: seoul}, upstreamClient, store.Ledger())
		if err != nil {
			t.Fatal(err)
		}
		c := serve(t, emulate.Wrap(inner, emulate.Config{Name: "b", Native: nativeOn(t, store), Store: store}), nil)

		resp, doc := c.send("POST", path, good, `{"long_url":"https://destination.com/","alias":"spring24","password":"secret","title":"Spring",
			"description":"Sale","disabled":true,"tags":["a"],"expires_at":"2039-08-23 13:24:00","pixels":[3],
			"rules":[{"key":"phone","value":"https://bing.com/","type":"device"},{"key":"ru","value":"https://destination.ru/","type":"geo"}]}`)
		if resp.StatusCode != 200 {
			t.Fatalf("version %d: %d %s", version, resp.StatusCode, doc)
		}
		there := site.Links()
		if len(there) != 1 {
			t.Fatalf("version %d: dgLnk has %+v", version, there)
		}
		l := there[0]
		expires := time.Date(2039, 8, 23, 13, 24, 0, 0, seoul)
		if l.LongURL != "https://destination.com/" || l.Alias != "spring24" || l.Password != "secret" || l.Title != "Spring" || l.Description != "Sale" || !l.Disabled ||
			!l.ExpiresAt.Equal(expires) || !slices.Equal(l.Pixels, []int64{3}) || !slices.Equal(l.Tags, []string{"a"}) || len(l.Rules) < 2 {
			t.Errorf("version %d: dgLnk has %+v", version, l)
		}
		answered := doc.Get("link")
		if version == 1 && answered.Get("disabled").Raw != "true" || version == 3 && answered.Get("active").Raw != "false" {
			t.Errorf("version %d: answered %s; want it disabled", version, doc)
		}
		if answered.Get("alias").String() != "spring24" || !answered.Get("has_password").Bool() || answered.Get("title").String() != "Spring" ||
			answered.Get("description").String() != "Sale" || answered.Get("expires_at").String() != "2039-08-23 13:24:00" || answered.Get("short_url").String() == "" {
			t.Errorf("version %d: answered %s", version, doc)
		}
		resp, doc = c.send("POST", path, good, `{"long_url":"https://destination.com/","alias":"spring24"}`)
		if wrong := doc.Get("messages.alias.0").String() + doc.Get("errors.alias.0").String(); resp.StatusCode != 422 || wrong == "" {
			t.Errorf("version %d: a taken alias: %d %s", version, resp.StatusCode, doc)
		}
		resp, doc = c.send("POST", path, good, `{"multiple_urls":["https://a.example/","nonsense","https://b.example/"]}`)
		if resp.StatusCode != 200 || doc.Get("links.#").Int() != 2 || !doc.Get("errors").Map()["multiple_urls.1"].Exists() {
			t.Errorf("version %d: several: %d %s", version, resp.StatusCode, doc)
		}
	}
}
