package dglnk_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects/dglnk"
	"github.com/linkquay/linkquay/store/storetest"
)

// TestNative: with the native backend behind it everything of the page works.
func TestNative(t *testing.T) {
	backend := nativeOn(t, storetest.Open(t))
	c := serve(t, backend, nil)
	do := func(op api.Operation, id int64, document string) string {
		t.Helper()
		call := &api.Call{Operation: op, Path: api.Path{ID: id}, Key: &api.Key{Account: "main", Scopes: api.ScopeAdmin}, Origin: "https://go.example.com"}
		if document != "" {
			call.Document = []byte(document)
		}
		reply, err := backend.Do(context.WithoutCancel(t.Context()), call)
		if err != nil {
			t.Fatalf("%s: %v", op, err)
		}
		return string(reply.Document)
	}
	do(api.CreateDomain, 0, `{"domain":"https://links.example.com"}`)
	do(api.CreatePixel, 0, `{"type":"gtmpixel","name":"Ads","tag":"GTM-ABCDEFG"}`)

	l := c.post(`{"long_url":"https://destination.com/","alias":"spring24","domain_id":1,"password":"secret","disabled":true,
		"title":"Spring","description":"Sale","tags":["a","b"],"expires_at":"2039-08-23 13:24:00","pixels":[1],
		"rules":[{"key":"ru","value":"https://destination.ru/","type":"geo"},{"key":"phone","value":"https://bing.com/","type":"device"},{"key":"mobile","value":"https://bing.com/","type":"device"}]}`, 200).Get("link")
	for member, want := range map[string]string{
		"type": `"direct"`, "title": `"Spring"`, "description": `"Sale"`, "hash": `"spring24"`, "long_url": `"https://destination.com/"`,
		"expires_at": `"2039-08-23 13:24:00"`, "disabled": "true", "domain_id": "1", "alias": `"spring24"`, "has_password": "true",
		"short_url": `"https://links.example.com/spring24"`,
	} {
		if got := l.Get(member).Raw; got != want {
			t.Errorf("%s is %s; want %s", member, got, want)
		}
	}
	details := do(api.GetLink, l.Get("id").Int(), "")
	for _, part := range []string{`"geotarget":[{"location":"Russia","link":"https://destination.ru/"}]`, `"devicetarget":[{"device":"mobile","link":"https://bing.com/"}]`, `"channels":[1,2]`, `"pixels":[1]`} {
		if !strings.Contains(details, part) {
			t.Errorf("%s lacks %s", details, part)
		}
	}

	plain := c.post(`{"long_url":"https://destination.com/"}`, 200).Get("link")
	if plain.Get("alias").Raw != "null" || !strings.HasSuffix(plain.Get("short_url").String(), "/"+plain.Get("hash").String()) || plain.Get("disabled").Bool() {
		t.Errorf("%s", plain)
	}
	for body, field := range map[string]string{
		`{"long_url":"https://destination.com/","alias":"spring24","domain_id":1}`:   "alias",
		`{"long_url":"https://destination.com/","domain_id":2}`:                      "domain_id",
		`{"long_url":"https://destination.com/","pixels":[1,2]}`:                     "pixels.1",
		`{"long_url":"https://destination.com/","expires_at":"2019-08-23 13:24:00"}`: "expires_at",
		`{"long_url":"javascript:alert(1)"}`:                                         "long_url",
		`{"multiple_urls":["javascript:alert(1)"]}`:                                  "multiple_urls.0",
	} {
		if doc := c.post(body, http.StatusUnprocessableEntity); !doc.Get("messages").Map()[field].Exists() {
			t.Errorf("%s: %s; want %s", body, doc, field)
		}
	}
	several := c.post(`{"multiple_urls":["https://a.example/","https://b.example/"],"alias":"shared24","tags":["a"]}`, 200)
	if several.Get("links.#").Int() != 1 || several.Get("links.0.long_url").String() != "https://a.example/" || !several.Get("errors.alias").Exists() {
		t.Errorf("one alias for two: %s", several)
	}
	resp, doc := c.send("POST", dglnk.LinkPath, good, `{"long_url":"https://destination.com/","name":"N","active":true}`)
	if resp.StatusCode != 200 || doc.Get("link.name").String() != "N" || !doc.Get("link.active").Bool() {
		t.Errorf("%d %s", resp.StatusCode, doc)
	}
}
