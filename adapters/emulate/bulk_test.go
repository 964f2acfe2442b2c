package emulate_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/emulate"
	"github.com/linkquay/linkquay/api"
)

// bulk runs the test on a backend that makes links one by one, and on one that
// makes many.
func bulk(t *testing.T, test func(t *testing.T, in *inner)) {
	t.Run("each", func(t *testing.T) { test(t, &inner{}) })
	t.Run("together", func(t *testing.T) { test(t, &inner{also: []api.Operation{api.CreateLinks}}) })
}

func urls(documents ...string) in {
	return in{body: js(`{'urls':[` + strings.Join(documents, ",") + `]}`)}
}

func TestCreateLinks(t *testing.T) {
	bulk(t, func(t *testing.T, inner *inner) {
		s := newSite(t, inner)
		campaign := s.campaign("", "Spring")
		reply := s.do(api.CreateLinks, urls(
			`{'url':'https://example.com/0','custom':'zero'}`,
			`{'url':'no url'}`,
			fmt.Sprintf(`{'url':'https://example.com/2','custom':'two','description':'second','campaign':%d}`, campaign),
			`{'url':'https://example.com/3','channel':9}`,
			`{'url':'https://example.com/4','custom':'zero','description':'taken'}`,
			`{'url':'https://example.com/5','custom':'five','description':'fifth'}`,
		)).Get("data")
		s.expect(reply, map[string]string{
			"created": "3", "failed": "3", "results.#": "6",
			"results.0.short": `"https://sho.rt/zero"`, "results.1.error": "1", "results.1.errors.url.#": "1",
			"results.2.short": `"https://sho.rt/two"`, "results.3.errors.channel.0": `"Channel does not exist"`,
			"results.4.error": "1", "results.5.short": `"https://sho.rt/five"`,
		})
		s.expect(s.do(api.GetLink, in{id: reply.Get("results.2.id").Int()}), map[string]string{
			"details.description": `"second"`, "details.campaign": fmt.Sprint(campaign),
		})
		s.expect(s.do(api.GetLink, in{id: reply.Get("results.5.id").Int()}), map[string]string{
			"details.description": `"fifth"`, "details.campaign": "null",
		})
		for _, call := range append(inner.sent(api.CreateLink), inner.sent(api.CreateLinks)...) {
			if inGroup := strings.Contains(string(call.Document), "/2"); inGroup != slices.Equal(call.Tags, []string{"Spring"}) {
				t.Errorf("the backend was sent %s with the tags %q", call.Document, call.Tags)
			}
		}
	})
}

// TestCreateLinks_Panic: what breaks over one item is the failure of that one,
// and neither of the others nor of the process.
func TestCreateLinks_Panic(t *testing.T) {
	s := newSite(t, &inner{changed: func(call *api.Call) {
		if strings.Contains(string(call.Document), "/1") {
			panic("broken")
		}
	}})
	reply := s.do(api.CreateLinks, urls(`{'url':'https://example.com/0'}`, `{'url':'https://example.com/1'}`, `{'url':'https://example.com/2'}`)).Get("data")
	s.expect(reply, map[string]string{"created": "2", "failed": "1", "results.1.error": "1"})
	if strings.Contains(reply.Raw, "broken") {
		t.Errorf("the client is told %s", reply)
	}
}

// TestCreateLinks_OneCall: what can go together does.
func TestCreateLinks_OneCall(t *testing.T) {
	s := newSite(t, &inner{also: []api.Operation{api.CreateLinks}})
	channel := s.channel("", "Print")
	one := fmt.Sprintf(`{'url':'https://example.com/','description':'x','channel':%d}`, channel)
	s.do(api.CreateLinks, urls(one, one, one))
	s.do(api.CreateLinks, urls(`{'url':'https://example.com/'}`, `{'url':'no url'}`))
	sent := s.inner.sent(api.CreateLinks)
	if len(sent) != 2 || len(sent[0].Items) != 3 || len(sent[1].Items) != 2 {
		t.Fatalf("the backend got %d calls", len(sent))
	}
	if n := gjson.GetBytes(sent[0].Document, "urls.#").Int(); n != 3 || strings.Contains(string(sent[0].Document), "channel") {
		t.Errorf("the backend was sent %s", sent[0].Document)
	}
}

// TestCreateLinks_Warnings: what the backend warns of keeps the places of the
// call, however it was sent.
func TestCreateLinks_Warnings(t *testing.T) {
	s := newSite(t, &inner{also: []api.Operation{api.CreateLinks}, warn: "password"})
	channel := s.channel("", "Print")
	reply, err := s.try(t.Context(), api.CreateLinks, urls(
		`{'url':'no url'}`,
		`{'url':'https://example.com/1'}`,
		fmt.Sprintf(`{'url':'https://example.com/2','channel':%d,'password':'x'}`, channel),
		`{'url':'https://example.com/3','password':'x'}`,
	))
	if err != nil {
		t.Fatal(err)
	}
	if got := names(reply.Warnings); !slices.Equal(got, []string{"urls[3].password", "urls[2].password"}) {
		t.Errorf("it warns of %v", got)
	}
}

func TestCreateLinks_StoreAway(t *testing.T) {
	bulk(t, func(t *testing.T, inner *inner) {
		f := &failing{code: api.Invalid}
		s := newSite(t, inner, func(cfg *emulate.Config) { f.Store, cfg.Store = cfg.Store, f })
		f.times.Store(99)
		reply, err := s.try(t.Context(), api.CreateLinks, urls(`{'url':'https://example.com/'}`, `{'url':'https://example.com/','description':'x'}`))
		if err != nil {
			t.Fatal(err)
		}
		s.expect(gjson.ParseBytes(reply.Document), map[string]string{"data.created": "2", "data.failed": "0"})
		if got := names(reply.Warnings); !slices.Equal(got, []string{"urls[1].description"}) {
			t.Errorf("it warns of %v", got)
		}
	})
}

// TestCreateLinks_AtOnce: some are made at the same time, and of those that
// want one alias the first gets it.
func TestCreateLinks_AtOnce(t *testing.T) {
	var running, most atomic.Int64
	four := make(chan struct{})
	var full sync.Once
	inner := &inner{changed: func(*api.Call) {
		n := running.Add(1)
		defer running.Add(-1)
		for m := most.Load(); n > m; m = most.Load() {
			most.CompareAndSwap(m, n)
		}
		if n == 4 {
			full.Do(func() { close(four) })
		}
		<-four
	}}
	s := newSite(t, inner)
	var documents []string
	for i := range 40 {
		documents = append(documents, fmt.Sprintf(`{'url':'https://example.com/%d','custom':'alias%d'}`, i, i%20))
	}
	reply := s.do(api.CreateLinks, urls(documents...)).Get("data")
	for i, r := range reply.Get("results").Array() {
		if ok := r.Get("error").Int() == 0; ok != (i < 20) {
			t.Errorf("result %d is %s", i, r.Raw)
		}
	}
	if n := most.Load(); n != 4 {
		t.Errorf("%d were made at once; want 4", n)
	}
}

// TestCreateLinks_NoTime: what was not begun says so.
func TestCreateLinks_NoTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var begun atomic.Int64
	inner := &inner{changed: func(*api.Call) {
		if begun.Add(1) == 1 {
			cancel()
		}
	}}
	s := newSite(t, inner)
	var documents []string
	for range 50 {
		documents = append(documents, `{'url':'https://example.com/'}`)
	}
	reply, err := s.try(ctx, api.CreateLinks, urls(documents...))
	if err != nil {
		t.Fatal(err)
	}
	data := gjson.GetBytes(reply.Document, "data")
	created, sent := data.Get("created").Int(), len(inner.sent(api.CreateLink))
	if created < 1 || created > 4 || int(created) != sent || data.Get("results.#").Int() != 50 {
		t.Errorf("%d were created of %d that were sent: %s", created, sent, data.Raw)
	}
	if last := data.Get("results.49.message").Str; !strings.Contains(last, "nothing was sent") {
		t.Errorf("the last one is told %q", last)
	}
}

func TestCreateLinks_TooMany(t *testing.T) {
	s := newSite(t, &inner{})
	s.refused(api.CreateLinks, urls(slices.Repeat([]string{`{'url':'https://example.com/'}`}, 101)...), api.Invalid, "urls")
	if n := len(s.inner.sent(api.CreateLink)); n != 0 {
		t.Errorf("%d were sent", n)
	}
}

// TestCreateLinks_Together_Fails: where the backend makes none, the call fails;
// where there is more than one call to it, their items do.
func TestCreateLinks_Together_Fails(t *testing.T) {
	s := newSite(t, &inner{also: []api.Operation{api.CreateLinks}, fail: func(call *api.Call) error {
		if call.Operation == api.CreateLinks && len(call.Tags) > 0 {
			return &api.Error{Code: api.Unavailable, Message: "down"}
		}
		return nil
	}})
	channel := s.channel("", "Print")
	in1 := fmt.Sprintf(`{'url':'https://example.com/','channel':%d}`, channel)
	s.refused(api.CreateLinks, urls(in1, in1), api.Unavailable)
	reply := s.do(api.CreateLinks, urls(in1, `{'url':'https://example.com/','description':'x'}`)).Get("data")
	s.expect(reply, map[string]string{"created": "1", "failed": "1", "results.0.message": `"down"`})
}
