package fleet

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// making answers createLinks as an adapter does, with ids by place.
func making(header http.Header) func(*api.Call) (*api.Reply, error) {
	return func(call *api.Call) (*api.Reply, error) {
		var r adapters.Results
		for i, item := range call.Items {
			if item.Err != nil {
				r.Failed(item.Err)
				continue
			}
			r.Answered(fmt.Appendf(nil, `{"error":0,"id":%d,"short":%s,"new":true}`, i+1, gjson.GetBytes(item.Document, "url").Raw))
		}
		reply := r.Reply()
		reply.Header = header
		return reply, nil
	}
}

func items(documents ...string) (list []api.Item) {
	for _, d := range documents {
		if d == "" {
			list = append(list, api.Item{Err: api.InvalidField("url", "Please enter a valid URL.")})
			continue
		}
		list = append(list, api.Item{Document: []byte(d)})
	}
	return list
}

const badURL = `{"error":1,"message":"Please enter a valid URL.","msg":"Please enter a valid URL.","errors":{"url":["Please enter a valid URL."]}}`

// TestRouter_CreateLinks: each backend makes its own, and the answers come in
// the order of the request.
func TestRouter_CreateLinks(t *testing.T) {
	f := newTrio(t)
	f.kr.do, f.dg.do, f.native.do = making(nil), making(nil), making(nil)
	call := api.Call{Operation: api.CreateLinks, Items: items(
		`{"url":"a:1","domain":"dg.example"}`, `{"url":"a:2"}`, ``, `{"url":"a:4","domain":"https://go.example"}`,
		`{"url":"a:5","domain":"dg2.example","campaign":3}`, `{"url":"a:6","domain":"dg2.example"}`)}
	got, failure := f.do(t, "kr", call)
	want := fmt.Sprintf(`{"error":0,"data":{"created":4,"failed":2,"results":[{"error":0,"id":%d,"short":"a:1","new":true},{"error":0,"id":2,"short":"a:2","new":true},%s,`+
		`{"error":0,"id":%d,"short":"a:4","new":true},%s,{"error":0,"id":%d,"short":"a:6","new":true}]}}`,
		dgBit|1, badURL, nativeBit|4,
		`{"error":1,"message":"campaign must be of the backend \"dg\", where the link is.","msg":"campaign must be of the backend \"dg\", where the link is.",`+
			`"errors":{"campaign":["must be of the backend \"dg\", where the link is"]}}`,
		dgBit|6)
	if failure != nil || got != want {
		t.Errorf("%s, %v; want %s", got, failure, want)
	}
	for name, c := range map[string]struct {
		site  *site
		items int
	}{"kr": {f.kr, 1}, "dg": {f.dg, 2}, "native": {f.native, 1}} {
		sent, n := c.site.last()
		documents := 0
		for _, item := range sent.Items {
			if item.Err == nil {
				documents++
			}
		}
		if n != 1 || len(sent.Items) != len(call.Items) || documents != c.items {
			t.Errorf("%s: %d calls, the last with %d of %d items; want one with %d", name, n, documents, len(sent.Items), c.items)
		}
	}
}

func TestRouter_CreateLinksAllBad(t *testing.T) {
	f := newTrio(t)
	got, failure := f.do(t, "kr", api.Call{Operation: api.CreateLinks, Items: items("")})
	if name, _ := f.called(t); failure != nil || name != "" || got != `{"error":0,"data":{"created":0,"failed":1,"results":[`+badURL+`]}}` {
		t.Errorf("%s from %q, %v", got, name, failure)
	}
}

// TestRouter_CreateLinksFailures: a backend that fails costs its own items, or
// the call where all are its own.
func TestRouter_CreateLinksFailures(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*api.Call) (*api.Reply, error)
		said string
		code api.Code
	}{
		"Away":  {func(*api.Call) (*api.Reply, error) { return nil, api.Errorf(api.Unavailable, "Away.") }, "Away.", api.Unavailable},
		"Panic": {func(*api.Call) (*api.Reply, error) { panic("secret detail") }, "An internal error occurred.", api.Internal},
		"Short": {
			func(*api.Call) (*api.Reply, error) {
				return &api.Reply{Document: []byte(`{"data":{"results":[]}}`)}, nil
			},
			`The backend "dg" gave an unexpected reply.`, api.Unavailable,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTrio(t)
			f.kr.do, f.dg.do = making(nil), c.do
			got, failure := f.do(t, "kr", api.Call{Operation: api.CreateLinks, Items: items(`{"domain":"dg.example"}`, `{"url":"a:2"}`)})
			if failure != nil || gjson.Get(got, "data.created").Int() != 1 || gjson.Get(got, "data.results.1.id").Int() != 2 ||
				gjson.Get(got, "data.results.0.message").Str != c.said {
				t.Errorf("%s, %v; want one made and one failed with %q", got, failure, c.said)
			}
			_, failure = f.do(t, "kr", api.Call{Operation: api.CreateLinks, Items: items(`{"domain":"dg.example"}`)})
			if failure == nil || failure.Code != c.code || failure.Message != c.said {
				t.Errorf("%v; want %s %q", failure, c.code, c.said)
			}
		})
	}
}

// TestRouter_CreateLinksUnsupported: what one backend cannot do fails there.
func TestRouter_CreateLinksUnsupported(t *testing.T) {
	f := newTrio(t)
	f.kr.do = making(nil)
	delete(f.dg.capabilities, api.CreateLinks)
	got, failure := f.do(t, "kr", api.Call{Operation: api.CreateLinks, Items: items(`{"domain":"dg.example"}`, `{"url":"a:2"}`)})
	if want := `The backend "dg" does not support this operation.`; failure != nil || gjson.Get(got, "data.results.0.message").Str != want || gjson.Get(got, "data.created").Int() != 1 {
		t.Errorf("%s, %v; want %q for the first", got, failure, want)
	}
}

// TestRouter_CreateLinksReplayed: an answer is a repetition where all of it is.
func TestRouter_CreateLinksReplayed(t *testing.T) {
	repeated := making(http.Header{adapters.Replayed: {"true"}})
	for i, c := range []struct {
		kr, dg func(*api.Call) (*api.Reply, error)
		want   string
	}{
		{repeated, repeated, "true"},
		{repeated, making(nil), ""},
		{making(nil), repeated, ""},
		{repeated, func(*api.Call) (*api.Reply, error) { return nil, api.Errorf(api.Unavailable, "Away.") }, ""},
	} {
		f := newTrio(t)
		f.kr.do, f.dg.do = c.kr, c.dg
		reply, err := f.backends["kr"].Do(t.Context(), &api.Call{Operation: api.CreateLinks, Items: items(`{"url":"a:1"}`, `{"domain":"dg.example"}`)})
		if err != nil || reply.Header.Get(adapters.Replayed) != c.want {
			t.Errorf("%d: %v, %v; want %q", i, reply.Header, err, c.want)
		}
	}
}
