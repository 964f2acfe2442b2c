package native_test

import (
	"strings"
	"testing"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
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
