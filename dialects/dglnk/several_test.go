package dglnk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/gateway"
)

// numbered are n distinct texts as JSON, each with a comma behind it.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"https://example.com/%d",`, i)
	}
	return b.String()
}

// rulesTo are n distinct rules as JSON, each with a comma behind it.
func rulesTo(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"type":"geo","key":"ru","value":"https://example.com/%d"},`, i)
	}
	return b.String()
}

// TestSeveral: what the request says is so for each link, equal addresses are
// one, and those that fail are told.
func TestSeveral(t *testing.T) {
	b := played(nil)
	c := serve(t, b, nil)
	doc := c.post(`{"multiple_urls":["https://a.example",null,"nonsense","https://a.example",7,"https://b.example"],"title":"T","password":"p"}`, 200)
	sent := string(b.sent(api.CreateLinks)[0].Document)
	if want := `{"urls":[{"url":"https://a.example","metatitle":"T","password":"p"},{"url":"nonsense","metatitle":"T","password":"p"},{"url":7,"metatitle":"T","password":"p"},{"url":"https://b.example","metatitle":"T","password":"p"}]}`; sent != want {
		t.Errorf("sent %s\nwant %s", sent, want)
	}
	if doc.Get("links.#").Int() != 2 || doc.Get("link").Exists() || doc.Get("links.0.long_url").String() != "https://a.example" || doc.Get("links.1.long_url").String() != "https://b.example" ||
		doc.Get("links.1.hash").String() != "xxxx" || doc.Get("links.1.id").Int() != 4 || !doc.Get("links.1.has_password").Bool() || doc.Get("links.0.title").String() != "T" {
		t.Errorf("%s", doc.Get("links"))
	}
	if want := `{"multiple_urls.2":["Please enter a valid URL."],"multiple_urls.4":["multiple_urls.4 must be a string."]}`; doc.Get("errors").Raw != want {
		t.Errorf("errors %s; want %s", doc.Get("errors").Raw, want)
	}
	if c.metrics.last() != api.CreateLinks {
		t.Errorf("counted as %s", c.metrics.last())
	}
	if doc := c.post(`{"multiple_urls":["https://a.example"]}`, 200); doc.Get("links.#").Int() != 1 || doc.Get("errors").Exists() {
		t.Errorf("one of several: %s", doc)
	}
	if doc := c.post(`{"multiple_urls":[`+strings.TrimSuffix(numbered(1000), ",")+`]}`, 200); doc.Get("links.#").Int() != 1000 {
		t.Errorf("%d links of 1000", doc.Get("links.#").Int())
	}
}

// TestSeveral_Shared: what is wrong for all of them is told once, under its own
// field.
func TestSeveral_Shared(t *testing.T) {
	doc := serve(t, played(nil), nil).post(`{"multiple_urls":["https://a.example","https://b.example"],"rules":[null,{"type":"geo","key":"ru","value":"x"}]}`, 422)
	if want := `{"rules.1.value":["Please enter a valid URL."]}`; doc.Get("messages").Raw != want {
		t.Errorf("%s; want %s", doc, want)
	}
}

func TestSeveral_NoneMade(t *testing.T) {
	for _, c := range []struct {
		err    *api.Error
		status int
		want   string
	}{
		{api.Errorf(api.NotFound, "Domain not found. Please try again."), 422, `{"multiple_urls.0":["Domain not found. Please try again."]}`},
		{&api.Error{Code: api.Unavailable, Message: "Down.", RetryAfter: time.Minute}, 503, `{"general":["Down."]}`},
		{&api.Error{Code: api.RateLimited, Message: "Wait.", RetryAfter: time.Minute}, 429, `{"general":["Wait."]}`},
	} {
		b := played(map[api.Operation]func(*api.Call) (*api.Reply, error){api.CreateLinks: func(*api.Call) (*api.Reply, error) {
			var results adapters.Results
			results.Failed(c.err)
			return results.Reply(), nil
		}})
		resp, doc := serve(t, b, nil).send("POST", create, "", `{"multiple_urls":["https://a.example"]}`)
		if resp.StatusCode != c.status || doc.Get("messages").Raw != c.want || (resp.Header.Get("Retry-After") == "60") != (c.err.RetryAfter > 0) {
			t.Errorf("%v: %d %s %v", c.err, resp.StatusCode, doc, resp.Header)
		}
	}
}

// TestTooMuch: a request cannot be made to grow, nor its answer.
func TestTooMuch(t *testing.T) {
	if doc := serve(t, played(nil), nil).post(`{"rules":[`+strings.Repeat("1,", 999)+`1]}`, 422); len(doc.Get("messages").Map()) != 20 {
		t.Errorf("rules: %s", doc)
	}
	b := played(channels(`{"id":1,"name":"a"},{"id":2,"name":"b"},{"id":3,"name":"c"}`))
	delete(b.answers, api.CreateChannel)
	c := serve(t, b, nil)
	long := `"title":"` + strings.Repeat("x", 100_000) + `"`
	if doc := c.post(`{`+long+`,"multiple_urls":[`+strings.TrimSuffix(numbered(100), ",")+`]}`, 422); !doc.Get("messages.multiple_urls").Exists() {
		t.Errorf("large: %s", doc)
	}
	if doc := c.post(`{"tags":["a","b","c"],"multiple_urls":[`+strings.TrimSuffix(numbered(51), ",")+`]}`, 422); doc.Get("messages.tags.0").String() != "tags must have at most 2 entries for so many links." {
		t.Errorf("tags: %s", doc)
	}
	c.post(`{"tags":["a","b","c"],"multiple_urls":[`+strings.TrimSuffix(numbered(50), ",")+`]}`, 200)
	if n := len(b.sent(api.AssignItemToChannel)); n != 100 {
		t.Errorf("%d assignments", n)
	}
	resp, _ := c.send("POST", create, "", `{"long_url":"https://a.example","title":"`+strings.Repeat("x", 1<<20)+`"}`)
	if resp.StatusCode != 413 {
		t.Errorf("a large body: %d", resp.StatusCode)
	}
}

// channels are the operations on channels, of which there are some. New ones
// have the number 9.
func channels(rows string) map[api.Operation]func(*api.Call) (*api.Reply, error) {
	return map[api.Operation]func(*api.Call) (*api.Reply, error){
		api.ListChannels: func(call *api.Call) (*api.Reply, error) {
			if call.Query.Get("page") == "1" {
				return reply(`{"error":0,"data":{"maxpage":2,"channels":[{"id":70,"name":"first"}]}}`)(call)
			}
			return reply(`{"error":0,"data":{"maxpage":2,"channels":[` + rows + `]}}`)(call)
		},
		api.CreateChannel:       reply(`{"error":0,"id":9}`),
		api.AssignItemToChannel: reply(`{"error":0,"message":"ok"}`),
	}
}

// TestTags: the first tag is the link's channel, it is put into the others
// afterwards, and those that are missing are made.
func TestTags(t *testing.T) {
	b := played(channels(`{"id":3,"name":"spring"},{"id":4,"name":"spring"}`))
	c := serve(t, b, nil)
	doc := c.post(`{"long_url":"https://google.com","tags":["spring"," new ","first","spring",""]}`, 200)
	if doc.Get("warnings").Exists() {
		t.Errorf("%s", doc)
	}
	if sent := string(b.sent(api.CreateLink)[0].Document); sent != `{"url":"https://google.com","channel":3}` {
		t.Errorf("sent %s", sent)
	}
	if made := b.sent(api.CreateChannel); len(made) != 1 || string(made[0].Document) != `{"name":"new"}` {
		t.Errorf("made %v", made)
	}
	if pages := len(b.sent(api.ListChannels)); pages != 2 {
		t.Errorf("asked for %d pages of 2", pages)
	}
	put := b.sent(api.AssignItemToChannel)
	if len(put) != 2 || put[0].Path != (api.Path{ID: 9, ItemType: "links", ItemID: 80}) || put[1].Path != (api.Path{ID: 70, ItemType: "links", ItemID: 80}) {
		t.Errorf("assigned %v", put)
	}
}

// TestTags_Fail: what a tag takes is refused before anything is made, and told
// where it fails afterwards.
func TestTags_Fail(t *testing.T) {
	const two = `{"long_url":"https://google.com","tags":["a","b"]}`
	rows := `{"id":1,"name":"a"},{"id":2,"name":"b"}`

	b := played(channels(rows))
	b.answers[api.AssignItemToChannel] = failure(api.Errorf(api.Unavailable, "Down."))
	if doc := serve(t, b, nil).post(two, 200); doc.Get("warnings.tags.0").String() != `tags "b" was not attached: Down.` {
		t.Errorf("%s", doc)
	}

	b = played(channels(rows))
	readonly := func(s api.Scopes) func(*gateway.Config, *api.Key) {
		return func(_ *gateway.Config, key *api.Key) { key.Scopes = s }
	}
	serve(t, b, readonly(api.ScopeCreate|api.ScopeRead)).post(two, 403)
	serve(t, b, readonly(api.ScopeCreate)).post(`{"long_url":"https://google.com","tags":["a"]}`, 403)
	if doc := serve(t, played(nil), nil).post(two, 422); !strings.Contains(doc.Get("messages.tags.0").String(), "does not support") {
		t.Errorf("a backend without channels: %s", doc)
	}
	b.answers[api.CreateChannel] = failure(api.Errorf(api.Conflict, "That name is taken."))
	if doc := serve(t, b, nil).post(`{"long_url":"https://google.com","tags":["c"]}`, 422); doc.Get("messages.tags.0").String() != "That name is taken." {
		t.Errorf("%s", doc)
	}
	// A link that is refused leaves no channel behind.
	serve(t, b, nil).post(`{"long_url":"nonsense","tags":["c"]}`, 422)
	serve(t, b, nil).post(`{"multiple_urls":["nonsense","more"],"tags":["c"]}`, 422)
	if n := len(b.sent(api.CreateChannel)); n != 1 {
		t.Errorf("%d channels were tried", n)
	}
	if len(b.sent(api.CreateLink)) != 0 {
		t.Error("a link was made")
	}
}

// TestDomains: a backend without domains cannot have one by its number.
func TestDomains(t *testing.T) {
	if doc := serve(t, played(nil), nil).post(`{"long_url":"https://google.com","domain_id":12}`, 422); !doc.Get("messages.domain_id").Exists() {
		t.Errorf("%s", doc)
	}
	c := serve(t, played(nil), nil)
	for sent, want := range map[string]string{"0": "0", "null": "null"} {
		if doc := c.post(`{"long_url":"https://google.com","domain_id":`+sent+`}`, 200); doc.Get("link.domain_id").Raw != want {
			t.Errorf("%s: %s", sent, doc)
		}
	}
}

// TestWarnings: what a backend did without is told under dgLnk's names.
func TestWarnings(t *testing.T) {
	b := played(map[api.Operation]func(*api.Call) (*api.Reply, error){api.CreateLink: func(*api.Call) (*api.Reply, error) {
		return &api.Reply{Document: []byte(saved), Warnings: []api.FieldError{{Field: "devicetarget[0].device", Message: "is not supported"}}}, nil
	}})
	doc := serve(t, b, nil).post(`{"long_url":"https://google.com","rules":[{"type":"geo","key":"ru","value":"https://a.example"},{"type":"device","key":"phone","value":"https://a.example"}]}`, 200)
	if want := `{"rules.1.key":["rules.1.key is not supported."]}`; doc.Get("warnings").Raw != want {
		t.Errorf("%s; want %s", doc.Get("warnings").Raw, want)
	}

	b.answers[api.CreateLinks] = func(*api.Call) (*api.Reply, error) {
		var results adapters.Results
		results.Created(1, "https://sml.life/x")
		results.Created(2, "https://sml.life/y")
		r := results.Reply()
		for _, field := range []string{"urls[0].password", "urls[1].password", "urls[1].url"} {
			r.Warnings = append(r.Warnings, api.FieldError{Field: field, Message: "is not supported"})
		}
		return r, nil
	}
	doc = serve(t, b, nil).post(`{"multiple_urls":["https://a.example",null,"https://b.example"],"password":"x"}`, 200)
	if want := `{"multiple_urls.2":["multiple_urls.2 is not supported."],"password":["password is not supported."]}`; doc.Get("warnings").Raw != want {
		t.Errorf("%s; want %s", doc.Get("warnings").Raw, want)
	}
}
