package native_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

func TestIdempotency(t *testing.T) {
	creates := map[api.Operation]string{
		api.CreateLink:   `{"url":"https://example.com/","custom":"mine","password":"secret","externalid":"x"}`,
		api.CreateQRCode: `{"type":"text","data":"x","logo":"https://site.example/logo.png"}`,
		api.UploadFile:   "",
	}
	for _, o := range objects {
		creates[o.create] = o.body
	}
	for op, body := range creates {
		t.Run(string(op), func(t *testing.T) {
			s := newSite(t)
			s.logos.body = picture(t, 20)
			request := func(account, body string) in {
				r := in{account: account, body: body, once: "key-1"}
				if op == api.UploadFile {
					r.query, r.filename, r.file = "custom=mine&name="+account, "a.txt", strings.NewReader("content")
				}
				return r
			}
			first, err := s.try(t.Context(), op, request("main", body))
			if err != nil || first.Header != nil {
				t.Fatalf("first: %v, %v", first, err)
			}
			kept := len(s.files.kept)
			again, err := s.try(t.Context(), op, request("main", body))
			if err != nil {
				t.Fatalf("again: %v", err)
			}
			if string(again.Document) != string(first.Document) || again.Header.Get(adapters.Replayed) != "true" {
				t.Errorf("again: %s with %v; want %s", again.Document, again.Header, first.Document)
			}
			if len(s.files.kept) != kept {
				t.Errorf("%d files are kept; want %d", len(s.files.kept), kept)
			}
			other := request("main", strings.Replace(body, "}", " }", 1))
			if op == api.UploadFile {
				other.query = "custom=other"
			}
			s.refused(op, other, api.Conflict, adapters.IdempotencyKey)
			if len(s.files.kept) != kept {
				t.Errorf("%d files are kept after a refusal; want %d", len(s.files.kept), kept)
			}
		})
	}
}

func TestIdempotency_KeysAreTheAccounts(t *testing.T) {
	s := newSite(t)
	for _, account := range []string{"main", "other"} {
		reply, err := s.try(t.Context(), api.CreateChannel, in{account: account, body: `{"name":"c"}`, once: "key"})
		if err != nil || reply.Header != nil {
			t.Errorf("%s: %v, %v", account, reply, err)
		}
	}
	// What the key made is gone: to make it again would be something new.
	s.do(api.DeleteChannel, in{id: 1})
	s.refused(api.CreateChannel, in{body: `{"name":"c"}`, once: "key"}, api.Conflict, adapters.IdempotencyKey)
}

func TestIdempotency_RefusedIsNotKept(t *testing.T) {
	s := newSite(t)
	s.refused(api.CreateLink, in{body: `{"url":"https://example.com/","channel":1}`, once: "key"}, api.Invalid, "channel")
	s.do(api.CreateChannel, in{body: `{"name":"c"}`})
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/","channel":1}`, once: "key"})
}

// TestIdempotency_RefusedByNow makes sure that a repetition is answered although
// the request would be refused by now, and that nothing is fetched for it.
func TestIdempotency_RefusedByNow(t *testing.T) {
	const late = "2026-06-16 00:00:00"
	for op, request := range map[api.Operation]in{
		api.CreateLink:   {body: `{"url":"https://example.com/","custom":"mine","password":"secret","expiry":"` + late + `"}`},
		api.CreateLinks:  bulk(`{"url":"https://example.com/","custom":"mine","expiry":"` + late + `"}`),
		api.CreateQRCode: {body: `{"type":"link","data":"https://bad.example/","logo":"https://site.example/logo.png"}`},
		api.CreateDomain: {body: `{"domain":"brand.example","redirectroot":"https://bad.example/"}`},
		api.UploadFile:   {filename: "a.txt", query: "custom=mine&expiry=" + url.QueryEscape(late), file: strings.NewReader("content")},
	} {
		t.Run(string(op), func(t *testing.T) {
			blocked := false
			s := newSite(t, func(c *shortener.Config) {
				c.Blocked = func(address string) bool { return blocked && strings.Contains(address, "bad.example") }
			})
			s.logos.body = picture(t, 20)
			request.once = "key-1"
			first, err := s.try(t.Context(), op, request)
			if err != nil {
				t.Fatalf("first: %v", err)
			}
			s.now, blocked, s.logos.err = s.now.AddDate(0, 1, 0), true, errors.New("away")
			sent := strings.NewReader("content")
			if op == api.UploadFile {
				request.file = sent
			}
			again, err := s.try(t.Context(), op, request)
			if err != nil || string(again.Document) != string(first.Document) || again.Header.Get(adapters.Replayed) != "true" {
				t.Errorf("again: %+v, %v; want %s", again, err, first.Document)
			}
			if op == api.UploadFile && sent.Len() > 0 {
				t.Error("the body was not read to its end")
			}
			if request.once = ""; op != api.CreateLinks {
				s.refused(op, request, api.Invalid, "")
			}
		})
	}
}

// TestIdempotency_Reused makes sure that a link that was there for another
// reason is no repetition.
func TestIdempotency_Reused(t *testing.T) {
	s := newSite(t, func(c *shortener.Config) { c.Duplicates = true })
	const plain = `{"url":"https://example.com/"}`
	first := s.do(api.CreateLink, in{body: plain})
	for op, request := range map[api.Operation]in{api.CreateLink: {body: plain}, api.CreateLinks: bulk(plain)} {
		for i, want := range []string{"", "true"} {
			request.once = string(op)
			reply, err := s.try(t.Context(), op, request)
			if err != nil {
				t.Fatal(err)
			}
			if got := reply.Header.Get(adapters.Replayed); got != want || !strings.Contains(string(reply.Document), first.Get("short").Raw) {
				t.Errorf("%s %d: %s, replayed %q; want %q with %s", op, i, reply.Document, got, want, first.Raw)
			}
		}
	}
}

// TestIdempotency_OneAndMany makes sure that a key of one call does not do for
// another of many, nor for a longer list.
func TestIdempotency_OneAndMany(t *testing.T) {
	s := newSite(t)
	const item = `{"url":"https://example.com/"}`
	one, many, more := in{body: item, once: "key-1"}, bulk(item), bulk(item, item)
	s.do(api.CreateLink, one)
	many.once, more.once = "key-1", "key-1"
	s.refused(api.CreateLinks, many, api.Conflict, adapters.IdempotencyKey)
	many.once, more.once, one.once = "key-2", "key-2", "key-2"
	s.do(api.CreateLinks, many)
	s.refused(api.CreateLinks, more, api.Conflict, adapters.IdempotencyKey)
	s.refused(api.CreateLink, one, api.Conflict, adapters.IdempotencyKey)
	s.expect(s.do(api.ListLinks, in{}), map[string]string{"data.result": "2"})
}
