package yourls

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/translate"
)

// maxTitle is how many characters of a title are kept: those that the contract
// takes. A title is a label here, which no client wants to lose a link for.
const maxTitle = 255

// createTable turns the parameters of shorturl into the document of createLink.
var createTable = translate.New(translate.Refuse,
	translate.Row{From: "url", To: "url"},
	translate.Row{From: "keyword", To: "custom"},
	translate.Row{From: "title", To: "metatitle", Value: func(p *translate.Pass, v gjson.Result) {
		p.String(shortened(strings.Join(strings.Fields(v.Str), " "), maxTitle, ""))
	}},
)

// outcome is the answer to shorturl, good or bad.
type outcome struct {
	Status     string `json:"status"`
	Code       string `json:"code"`
	Message    string `json:"message"`
	ErrorCode  string `json:"errorCode"`
	StatusCode string `json:"statusCode"`
	URL        *saved `json:"url,omitempty"`
	Title      string `json:"title,omitempty"`
	ShortURL   string `json:"shorturl,omitempty"`

	// Warnings is Linkquay's own: what the backend made the link without.
	Warnings string `json:"warnings,omitempty"`
}

// saved is the link in an outcome. Clicks is nil for a new one.
type saved struct {
	Keyword string `json:"keyword"`
	URL     string `json:"url"`
	Title   string `json:"title"`
	Date    string `json:"date,omitempty"`
	IP      string `json:"ip"`
	Clicks  *int64 `json:"clicks,omitempty"`
}

// shorten makes a link. That a link was there already is a failure with all
// that a client needs of it.
func (d *Dialect) shorten(ctx context.Context, do dialects.Do, in url.Values) (*api.Reply, error) {
	// The plugins for WordPress may ask for the link of a page again and again,
	// and say so. The title gives way, since with one it would be another link.
	reuse := in.Get("source") == "plugin" && strings.TrimSpace(in.Get("keyword")) == ""
	doc, err := document(in, reuse)
	if err != nil {
		return nil, err
	}
	reply, err := do(ctx, &api.Call{Operation: api.CreateLink, Document: doc, Reuse: reuse})
	if err != nil {
		return nil, err
	}
	made := gjson.ParseBytes(reply.Document)
	l := link{
		short: cmp.Or(made.Get("shorturl").String(), made.Get("short").String()),
		long:  gjson.GetBytes(doc, "url").String(),
		title: gjson.GetBytes(doc, "metatitle").String(),
	}
	if reply.Existing {
		return encode(exists(ctx, do, l, made.Get("id").Int()))
	}
	l.date = time.Now().In(d.zone).Format(translate.DateTimeLayout)
	answer, err := encode(outcome{
		Status:     "success",
		Message:    brief(l.long) + " added to database",
		StatusCode: "200",
		URL:        l.saved(),
		Title:      l.label(),
		ShortURL:   l.short,
		Warnings:   warnings(made.Get("warnings")),
	})
	if err != nil {
		return nil, err
	}
	answer.Header = reply.Header
	return answer, nil
}

// warnings are those of a reply in one text, with the names that clients have
// for fields.
func warnings(list gjson.Result) string {
	var said []string
	for _, w := range list.Array() {
		field := w.Get("field").String()
		said = append(said, api.Sentence(api.FieldError{Field: cmp.Or(parameterOf[field], field), Message: w.Get("message").String()}))
	}
	return strings.Join(said, " ")
}

// exists is the outcome where the link was there. A key that may not read, or
// a backend that is gone the moment after, does not take the short URL away
// from the client: then it is all that is told.
func exists(ctx context.Context, do dialects.Do, l link, id int64) outcome {
	var clicks *int64
	if reply, err := do(ctx, &api.Call{Operation: api.GetLink, Path: api.Path{ID: id}}); err == nil {
		found := gjson.ParseBytes(reply.Document)
		l = linkOf(found.Get("details"), found.Get("data.clicks").Int())
		clicks = &l.clicks
	}
	_, address, _ := strings.Cut(l.short, "://")
	o := outcome{
		Status:     "fail",
		Code:       "error:url",
		Message:    brief(l.long) + " already exists in database (short URL: " + address + ")",
		ErrorCode:  "400",
		StatusCode: "400",
		URL:        l.saved(),
		Title:      l.label(),
		ShortURL:   l.short,
	}
	o.URL.Clicks = clicks
	return o
}

// document makes the document of createLink. A parameter of nothing but space is
// one that is not given.
func document(in url.Values, withoutTitle bool) ([]byte, error) {
	trimmed := url.Values{}
	for _, name := range createTable.Names() {
		trimmed.Set(name, strings.TrimSpace(in.Get(name)))
	}
	if withoutTitle {
		trimmed.Del("title")
	}
	made, err := createTable.Apply(nil, dialects.Object(trimmed, createTable.Names()...))
	return made.Document, err
}

// brief cuts a URL for a message, at the length that it has there.
func brief(address string) string { return shortened(address, 60, "[...]") }

// shortened cuts a text to at most limit characters, the end included that it
// then gets.
func shortened(s string, limit int, end string) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit-len(end)]) + end
}
