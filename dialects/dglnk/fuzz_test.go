package dglnk_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects/dglnk"
	"github.com/linkquay/linkquay/openapi"
)

// FuzzRequest: of whatever body, each call that is made has a document that every
// reader understands alike, and every answer is JSON.
func FuzzRequest(f *testing.F) {
	contract := loadContract(f)
	d := dglnk.New(contract, nil)
	for _, seed := range []string{
		`{"long_url":"https://a.example/","tags":["a",1,null],"rules":[{"type":"geo","key":"ru","value":"x"},{"type":"device","key":"phone"}],"pixels":["1",[]]}`,
		`{"multiple_urls":["x",{"a":[]},1,null,"\u0022"],"disabled":"1","domain_id":"12","title":3}`,
		`{"long\u005furl":"a","rules":[{"type":"platform","key":"ios","value":{"a":1}}],"active":false}`,
		`{"domain_id":0,"tags":["\ud83d\ude00"],"multiple_urls":[]}`,
		`[1]`, `7`, ``,
	} {
		f.Add([]byte(seed), []byte(`{"error":0,"id":1,"shorturl":"https://a.example/b","data":{"maxpage":1,"results":[{"error":1,"errors":{"geotarget[0].link":["x"],"url":["y"]}},{"id":2}],"domains":[{"id":12,"domain":"h"}]}}`))
	}
	f.Fuzz(func(t *testing.T, body, answer []byte) {
		if len(body) > 0 && openapi.WellFormed(body) != nil || openapi.WellFormed(answer) != nil {
			return
		}
		for _, path := range []string{dglnk.CreatePath, dglnk.LinkPath} {
			h, err := d.Head(httptest.NewRequest("POST", path, nil))
			if err != nil {
				t.Fatal(err)
			}
			h.Call.Key = &api.Key{Scopes: api.DefaultScopes}
			do := func(_ context.Context, call *api.Call) (*api.Reply, error) {
				if call.Document != nil {
					if err := openapi.WellFormed(call.Document); err != nil {
						t.Fatalf("%q became %q: %v", body, call.Document, err)
					}
				}
				if err := contract.Operation(call.Operation).Validate(call); err != nil {
					return nil, err
				}
				return &api.Reply{Document: answer}, nil
			}
			w := httptest.NewRecorder()
			if _, err = h.Parameters(body); err == nil {
				var reply *api.Reply
				if reply, err = h.Compose(t.Context(), do); err == nil {
					d.WriteReply(w, h, reply)
				}
			}
			if err != nil {
				d.WriteError(w, h, api.AsError(err))
				if w.Code >= 500 && api.AsError(err).Code == api.Internal {
					t.Fatalf("%q: %v", body, err)
				}
			}
			if !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%q: %q", body, w.Body)
			}
		}
	})
}
