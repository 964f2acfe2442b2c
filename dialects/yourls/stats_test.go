package yourls_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// keywords lists the aliases of an answer to stats, in its order.
func keywords(t *testing.T, body string) string {
	t.Helper()
	var list []string
	gjson.Get(body, "links").ForEach(func(name, l gjson.Result) bool {
		if want := "link_" + strconv.Itoa(len(list)+1); name.String() != want {
			t.Errorf("a link is called %s; want %s", name, want)
		}
		list = append(list, strings.TrimPrefix(l.Get("shorturl").String(), "https://s.example/link"))
		return true
	})
	return strings.Join(list, " ")
}

func TestStats(t *testing.T) {
	b := &site{}
	b.fill(5)
	address := serve(t, b)
	status, body := ask(t, address, "action", "stats", "filter", "top", "limit", "1")
	expect(t, status, body, 200, `{"links":{"link_1":{"shorturl":"https://s.example/link4","url":"https://example.com/link4","title":"https://example.com/link4",`+
		`"timestamp":"2030-01-02 03:04:05","ip":"0.0.0.0","clicks":4}},"stats":{"total_links":5,"total_clicks":10},"statusCode":"200","message":"success"}`)
	for _, limit := range []string{"", "0", "-1", "x"} {
		status, body = ask(t, address, "action", "stats", "limit", limit)
		expect(t, status, body, 200, `{"stats":{"total_links":5,"total_clicks":10},"statusCode":"200","message":"success"}`)
	}
	b.asked()
	for _, c := range []struct{ filter, start, limit, want string }{
		{"top", "", "3", "4 3 2"},
		{"", "1", "3", "3 2 1"},
		{"nonsense", "4", "3", "0"},
		{"bottom", "0", "2", "0 1"},
		{"bottom", "3", "20", "3 4"},
		{"last", "2", "2", "2 1"},
		{"last", "5", "2", ""},
		{"last", "99", "2", ""},
		{"top", "0", "99999999999999999999", "4 3 2 1 0"},
	} {
		_, body := ask(t, address, "action", "stats", "filter", c.filter, "start", c.start, "limit", c.limit)
		if got := keywords(t, body); got != c.want {
			t.Errorf("%v: %s", c, got)
		}
		// What one page holds is put in order here: some backends know one order.
		if asked := b.asked(); asked != "limit=1000&page=1" {
			t.Errorf("%v: asked %s", c, asked)
		}
	}
	for _, filter := range []string{"rand", "random"} {
		_, body := ask(t, address, "action", "stats", "filter", filter, "limit", "4")
		sample(t, keywords(t, body), 4)
	}
	if _, body = ask(t, address, "action", "stats", "limit", "1", "format", "simple"); body != "Need either XML or JSON format for stats" {
		t.Errorf("simple: %q", body)
	}
	if _, body = ask(t, address, "action", "stats", "limit", "2", "format", "xml"); !strings.Contains(body, "<links><link_1><shorturl>https://s.example/link4</shorturl>") ||
		!strings.Contains(body, "</link_2></links><stats><total_links>5</total_links>") {
		t.Errorf("xml: %s", body)
	}
}

// sample checks that a list is of n different links.
func sample(t *testing.T, list string, n int) {
	t.Helper()
	seen := map[string]bool{}
	for _, l := range strings.Fields(list) {
		seen[l] = true
	}
	if len(seen) != n || len(strings.Fields(list)) != n {
		t.Errorf("%d links expected: %s", n, list)
	}
}

// TestStats_Many: of more links than a page holds the backend's order is asked
// for, and nobody knows the sum of the clicks.
func TestStats_Many(t *testing.T) {
	b := &site{}
	b.fill(1003)
	address := serve(t, b)
	for _, c := range []struct{ filter, start, limit, want, asked string }{
		{"top", "0", "3", "1002 1001 1000", "limit=3&order=click&page=1"},
		{"top", "2", "3", "1000 999 998", "limit=3&order=click&page=1 limit=3&order=click&page=2"},
		{"top", "1002", "3", "0", "limit=1&order=click&page=1003"},
		{"bottom", "0", "3", "0 1 2", "limit=3&order=click&page=334 limit=3&order=click&page=335"},
		{"bottom", "1000", "5", "1000 1001 1002", "limit=3&order=click&page=1"},
		{"last", "6", "2", "996 995", "limit=2&order=date&page=4"},
	} {
		b.asked()
		_, body := ask(t, address, "action", "stats", "filter", c.filter, "start", c.start, "limit", c.limit)
		if got := keywords(t, body); got != c.want {
			t.Errorf("%v: %s", c, got)
		}
		if asked := b.asked(); asked != "limit=1000&page=1 "+c.asked {
			t.Errorf("%v: asked %s", c, asked)
		}
	}
	_, body := ask(t, address, "action", "stats", "filter", "rand", "limit", "7")
	sample(t, keywords(t, body), 7)
	status, body := ask(t, address, "action", "stats", "filter", "last", "limit", "5000")
	sample(t, keywords(t, body), 1000)
	if status != 200 || gjson.Get(body, "stats").Raw != `{"total_links":1003,"total_clicks":null}` {
		t.Errorf("%d %s", status, gjson.Get(body, "stats"))
	}
	status, body = ask(t, address, "action", "db-stats")
	expect(t, status, body, 200, `{"db-stats":{"total_links":1003,"total_clicks":null},"statusCode":"200","message":"success"}`)
}

func TestDBStats(t *testing.T) {
	b := &site{}
	address := serve(t, b)
	status, body := ask(t, address, "action", "db-stats")
	expect(t, status, body, 200, `{"db-stats":{"total_links":0,"total_clicks":0},"statusCode":"200","message":"success"}`)
	b.fill(4)
	status, body = ask(t, address, "action", "db-stats", "format", "xml")
	expect(t, status, body, 200, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<root><db-stats><total_links>4</total_links><total_clicks>6</total_clicks></db-stats><statusCode>200</statusCode><message>success</message></root>`+"\n")
	b.fail = map[api.Operation]error{api.ListLinks: api.Errorf(api.Unavailable, "Away.")}
	for _, action := range []string{"stats", "db-stats"} {
		status, body = ask(t, address, "action", action)
		expect(t, status, body, 503, `{"message":"Away.","errorCode":"503"}`)
	}
	if status, body = ask(t, address, "action", "stats", "signature", creator); status != 403 || gjson.Get(body, "errorCode").String() != "403" {
		t.Errorf("%d %s", status, body)
	}
}
