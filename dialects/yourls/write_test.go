package yourls

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// decodeXML reads a document back: the text of each element by its path.
func decodeXML(t testing.TB, doc []byte) map[string]string {
	t.Helper()
	texts := map[string]string{}
	var path []string
	dec := xml.NewDecoder(bytes.NewReader(doc))
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatalf("%v in %q", err, doc)
		}
		switch token := token.(type) {
		case xml.StartElement:
			path = append(path, token.Name.Local)
			texts[strings.Join(path, ".")] = ""
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			texts[strings.Join(path, ".")] += string(token)
		}
	}
}

func TestAppendXML(t *testing.T) {
	doc := `{"status":"","n":7,"none":null,"url":{"title":"a <b> & \"c\" ]]> 'd'\r\n\t한국 😀"},"db-stats":{"total_links":0},"bell":"\u0007x\uFFFF"}`
	got := string(appendXML(nil, gjson.Parse(doc)))
	want := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<root><status/><n>7</n><none/><url><title>a &lt;b&gt; &amp; "c" ]]&gt; 'd'&#13;` + "\n\t" + `한국 😀</title></url>` +
		`<db-stats><total_links>0</total_links></db-stats><bell>x</bell></root>` + "\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if texts := decodeXML(t, []byte(got)); texts["root.url.title"] != gjson.Get(doc, "url.title").String() {
		t.Errorf("read back %q", texts)
	}
}

func TestDialect_WriteError(t *testing.T) {
	taken := &api.Error{Code: api.Conflict, Message: "Taken.", Fields: []api.FieldError{{Field: "custom", Message: "Taken."}}}
	for name, c := range map[string]struct {
		query  string
		err    *api.Error
		status int
		json   string
		simple string
	}{
		"NoCredential":  {"action=shorturl", api.Errorf(api.Unauthorized, "A key."), 403, `{"message":"Please log in","errorCode":"403"}`, "Please log in"},
		"BadPassword":   {"action=expand&username=n&password=p", api.Errorf(api.Unauthorized, "A key."), 403, `{"message":"Invalid username or password","errorCode":"403"}`, "Invalid username or password"},
		"Scope":         {"action=shorturl", api.Errorf(api.Forbidden, "Lacks a scope."), 403, `{"message":"Lacks a scope.","errorCode":"403"}`, "Lacks a scope."},
		"NoAction":      {"", nil, 400, `{"message":"Unknown or missing \"action\" parameter","errorCode":"400"}`, `Unknown or missing "action" parameter`},
		"NoURL":         {"action=shorturl", api.InvalidField("url", "Please enter a valid URL."), 400, `{"status":"fail","code":"error:nourl","message":"Missing or malformed URL","errorCode":"400","statusCode":"400"}`, ""},
		"BadURL":        {"action=shorturl&url=x", api.InvalidField("url", "leads back to this service"), 400, `{"status":"fail","code":"error:nourl","message":"url leads back to this service.","errorCode":"400","statusCode":"400"}`, ""},
		"KeywordTaken":  {"action=shorturl&keyword=a<b", taken, 400, `{"status":"fail","code":"error:keyword","message":"Short URL a<b already exists in database or is reserved","errorCode":"400","statusCode":"400"}`, ""},
		"BadKeyword":    {"action=shorturl&keyword=a", api.InvalidField("custom", "may hold letters only"), 400, `{"status":"fail","code":"error:keyword","message":"keyword may hold letters only.","errorCode":"400","statusCode":"400"}`, ""},
		"BadTitle":      {"action=shorturl", api.InvalidField("metatitle", "is too long"), 400, `{"status":"fail","code":"error:invalid","message":"title is too long.","errorCode":"400","statusCode":"400"}`, ""},
		"NoSuchField":   {"action=shorturl", &api.Error{Code: api.Unsupported, Message: "No titles.", Fields: []api.FieldError{{Field: "metatitle"}}}, 400, `{"status":"fail","code":"error:unsupported","message":"No titles.","errorCode":"400","statusCode":"400"}`, ""},
		"NoSuchAction":  {"action=stats", api.Errorf(api.Unsupported, "No lists."), 501, `{"message":"No lists.","errorCode":"501"}`, "No lists."},
		"Busy":          {"action=shorturl", &api.Error{Code: api.RateLimited, Message: "Wait.", RetryAfter: 1500 * time.Millisecond}, 429, `{"status":"fail","code":"error:rate_limited","message":"Wait.","errorCode":"429","statusCode":"429"}`, ""},
		"Away":          {"action=db-stats", &api.Error{Code: api.Unavailable, Message: "Away.", RetryAfter: time.Second}, 503, `{"message":"Away.","errorCode":"503"}`, "Away."},
		"Fault":         {"action=expand", api.Errorf(api.Internal, "Sorry."), 500, `{"message":"Sorry.","errorCode":"500"}`, "Sorry."},
		"Uncoded":       {"action=expand", &api.Error{Message: "Sorry."}, 500, `{"message":"Sorry.","errorCode":"500"}`, "Sorry."},
		"TooLarge":      {"action=expand", api.Errorf(api.TooLarge, "Long."), 413, `{"message":"Long.","errorCode":"413"}`, "Long."},
		"ExpandMissing": {"action=expand&shorturl=https://a.example/abc", api.Errorf(api.NotFound, "x"), 404, `{"keyword":"abc","message":"Error: short URL not found","errorCode":"404"}`, "not found"},
		"ExpandNothing": {"action=expand", api.Errorf(api.NotFound, "x"), 404, `{"keyword":"","message":"Error: short URL not found","errorCode":"404"}`, "not found"},
		"StatsMissing":  {"action=url-stats&shorturl=abc", api.Errorf(api.NotFound, "x"), 404, `{"statusCode":"404","message":"Error: short URL not found"}`, needFormat},
	} {
		t.Run(name, func(t *testing.T) {
			d := New(nil)
			for format, check := range map[string]func(body []byte){
				"json": func(body []byte) {
					if string(body) != c.json {
						t.Errorf("json: %s; want %s", body, c.json)
					}
				},
				"xml": func(body []byte) {
					texts := decodeXML(t, body)
					gjson.Parse(c.json).ForEach(func(name, value gjson.Result) bool {
						if text, ok := texts["root."+name.String()]; !ok || text != value.String() {
							t.Errorf("xml: %s = %q; want %q", name, text, value)
						}
						return true
					})
				},
				"simple": func(body []byte) {
					if string(body) != c.simple {
						t.Errorf("simple: %q; want %q", body, c.simple)
					}
				},
			} {
				h, err := d.Head(get("?" + strings.ReplaceAll(c.query, "<", "%3C") + "&format=" + format))
				failure := c.err
				if failure == nil {
					failure = api.AsError(err)
				}
				w := httptest.NewRecorder()
				d.WriteError(w, h, failure)
				if w.Code != c.status {
					t.Errorf("%s: status %d; want %d", format, w.Code, c.status)
				}
				wait := ""
				if failure.RetryAfter > 0 {
					wait = map[bool]string{true: "1", false: "2"}[failure.RetryAfter == time.Second]
				}
				if got := w.Header().Get("Retry-After"); got != wait {
					t.Errorf("Retry-After %q; want %q", got, wait)
				}
				check(w.Body.Bytes())
			}
		})
	}
}

// TestDialect_WriteErrorWithoutHead: what nobody could read is answered in the
// format that is the default.
func TestDialect_WriteErrorWithoutHead(t *testing.T) {
	w := httptest.NewRecorder()
	New(nil).WriteError(w, nil, &api.Error{Code: api.MethodNotAllowed, Message: "No <b>.", Allow: methods})
	if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD, POST" || w.Header().Get("Content-Type") != "application/xml; charset=utf-8" ||
		decodeXML(t, w.Body.Bytes())["root.message"] != "No <b>." {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// TestDialect_Formats: an unknown format is plain text, and jsonp is refused in
// JSON without a callback.
func TestDialect_Formats(t *testing.T) {
	d := New(nil)
	for query, want := range map[string][2]string{
		"":                           {"application/xml; charset=utf-8", "<version>1.10.0</version>"},
		"&format=json":               {"application/json; charset=utf-8", `{"version":"1.10.0"}`},
		"&format=simple":             {"text/plain; charset=utf-8", "1.10.0"},
		"&format=":                   {"text/plain; charset=utf-8", "1.10.0"},
		"&format=html":               {"text/plain; charset=utf-8", "1.10.0"},
		"&format=jsonp&callback=run": {"application/json; charset=utf-8", `"errorCode":"400"`},
		"&format=json&callback=run":  {"application/json; charset=utf-8", `{"version":"1.10.0"}`},
	} {
		h, err := d.Head(get("?action=version" + query))
		w := httptest.NewRecorder()
		if err != nil {
			d.WriteError(w, h, api.AsError(err))
		} else {
			reply, err := h.Compose(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			d.WriteReply(w, h, reply)
		}
		if w.Header().Get("Content-Type") != want[0] || !strings.Contains(w.Body.String(), want[1]) || strings.Contains(w.Body.String(), "run") {
			t.Errorf("%q: %v %s", query, w.Header(), w.Body)
		}
	}
}

// TestDialect_HeadersAreOurs: no text of a client gets into a header.
func TestDialect_HeadersAreOurs(t *testing.T) {
	d := New(nil)
	evil := url.QueryEscape("x\r\nSet-Cookie: a=b")
	h, err := d.Head(get("?action=" + evil + "&format=" + evil + "&callback=" + evil))
	w := httptest.NewRecorder()
	d.WriteError(w, h, api.AsError(err))
	for name, values := range w.Header() {
		if strings.Contains(strings.Join(values, ""), "Cookie") || name == "Set-Cookie" {
			t.Errorf("%s: %q", name, values)
		}
	}
}

// TestDialect_NothingKept: GET requests make links, and have keys in them.
func TestDialect_NothingKept(t *testing.T) {
	d := New(nil)
	w := httptest.NewRecorder()
	d.WriteError(w, nil, api.Errorf(api.Invalid, "No."))
	if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("an error has the headers %v", w.Header())
	}
	w = httptest.NewRecorder()
	d.WriteReply(w, nil, &api.Reply{Document: []byte(`{}`), Header: http.Header{"Age": {"3"}}})
	if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Age") != "3" {
		t.Errorf("a reply has the headers %v", w.Header())
	}
}

func TestNumbered(t *testing.T) {
	doc, err := marshal(struct {
		Links numbered `json:"links,omitempty"`
	}{numbered{{short: "https://s.example/a", long: "https://a.example/?x=1&y=<2>"}, {short: "b"}}})
	if err != nil || !json.Valid(doc) || gjson.GetBytes(doc, "links.link_2.shorturl").String() != "b" ||
		!strings.Contains(string(doc), `"url":"https://a.example/?x=1&y=<2>"`) {
		t.Errorf("%s, %v", doc, err)
	}
}

func TestNumber(t *testing.T) {
	for s, want := range map[string]int64{"": 0, "x": 0, "12": 12, " 12abc": 12, "-3": 0, "99999999999999999999": 1<<31 - 1, "1e3": 1} {
		if got := number(s); got != want {
			t.Errorf("number(%q) = %d; want %d", s, got, want)
		}
	}
}
