package native_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

func bulk(items ...string) in {
	return in{body: `{"urls":[` + strings.Join(items, ",") + `]}`}
}

func TestCreateLinks(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/","custom":"taken"}`})
	reply := s.do(api.CreateLinks, bulk(
		`{"url":"https://example.com/1","custom":"one"}`,
		`{"url":"https://example.com/2","custom":"taken"}`,
		`{"url":"nonsense"}`,
		`{"url":"https://example.com/3","pixels":[7]}`,
		`{"url":"https://example.com/4","custom":"one"}`,
		`{"url":"https://example.com/5","custom":"five","externalid":"x"}`,
		`{"url":"https://example.com/6","externalid":"x"}`,
	))
	s.expect(reply, map[string]string{
		"error": "0", "data.created": "2", "data.failed": "5", "data.results.#.error": "[0,1,1,1,1,0,1]",
		"data.results.0.shorturl": s.url("one"), "data.results.0.short": s.url("one"),
		"data.results.1.message":       `"That alias is taken. Please choose another one."`,
		"data.results.2.errors":        `{"url":["Please enter a valid URL."]}`,
		`data.results.3.errors`:        `{"pixels[0]":["Pixel not found. Please try again."]}`,
		"data.results.4.errors.custom": `["That alias is taken. Please choose another one."]`,
		"data.results.5.shorturl":      s.url("five"),
	})
	if !reply.Get("data.results.6.errors.externalid").Exists() {
		t.Errorf("an external id that is taken: %s", reply.Get("data.results.6"))
	}
	s.expect(s.do(api.ListLinks, in{}), map[string]string{"data.result": "3"})
	s.expect(s.do(api.GetLink, in{id: reply.Get("data.results.0.id").Int()}), map[string]string{"details.url": `"https://example.com/1"`})
}

func TestCreateLinks_Thousand(t *testing.T) {
	s := newSite(t)
	items := make([]string, 1000)
	for i := range items {
		items[i] = fmt.Sprintf(`{"url":"https://example.com/%d","custom":"alias-%d"}`, i, i/2)
	}
	reply := s.do(api.CreateLinks, bulk(items...))
	s.expect(reply, map[string]string{"data.created": "500", "data.failed": "500"})
	for i, r := range reply.Get("data.results").Array() {
		// Of two with one alias the first has it, whichever was faster.
		if first := i%2 == 0; first != (r.Get("error").Int() == 0) || first && r.Get("shorturl").String() != fmt.Sprintf("%s/alias-%d", origin, i/2) {
			t.Fatalf("result %d is %s", i, r.Raw)
		}
	}
}

func TestCreateLinks_Ended(t *testing.T) {
	s := newSite(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	reply, err := s.try(ctx, api.CreateLinks, bulk(`{"url":"https://example.com/1"}`, `{"url":"https://example.com/2"}`))
	if err != nil {
		t.Fatal(err)
	}
	s.expect(gjson.ParseBytes(reply.Document), map[string]string{
		"data.created": "0", "data.failed": "2", "data.results.1.message": `"The request took too long."`,
	})
	s.expect(s.do(api.ListLinks, in{}), map[string]string{"data.result": "0"})
}

func TestCreateLinks_Idempotent(t *testing.T) {
	s := newSite(t)
	request := bulk(`{"url":"https://example.com/1"}`, `{"url":"nonsense"}`, `{"url":"https://example.com/1"}`)
	request.once = "order-7"
	first, err := s.try(t.Context(), api.CreateLinks, request)
	if err != nil || first.Header != nil {
		t.Fatalf("%v, %v", first, err)
	}
	again, err := s.try(t.Context(), api.CreateLinks, request)
	if err != nil || string(again.Document) != string(first.Document) || again.Header.Get(adapters.Replayed) != "true" {
		t.Errorf("again: %s with %v, %v; want %s", again.Document, again.Header, err, first.Document)
	}
	s.expect(s.do(api.ListLinks, in{}), map[string]string{"data.result": "2"})

	other := bulk(`{"url":"https://example.com/3"}`)
	other.once = "order-7"
	s.refused(api.CreateLinks, other, api.Conflict, adapters.IdempotencyKey)
}
