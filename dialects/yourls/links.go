package yourls

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
)

// noAddress is what clients are told as the address that a link was made from:
// no addresses are stored, and some clients want to read one.
const noAddress = "0.0.0.0"

// link is a link of the contract, as much of it as clients are told.
type link struct {
	short, long, title, date string
	clicks                   int64
}

// linkOf reads a link of the contract, a row of a list or the details of one.
func linkOf(v gjson.Result, clicks int64) link {
	return link{
		short:  v.Get("shorturl").String(),
		long:   v.Get("longurl").String(),
		title:  cmp.Or(v.Get("title").String(), v.Get("metatitle").String()),
		date:   v.Get("date").String(),
		clicks: clicks,
	}
}

// label is the title, or for a link without one its destination.
func (l link) label() string { return cmp.Or(l.title, l.long) }

// saved is the link as shorturl answers it.
func (l link) saved() *saved {
	return &saved{Keyword: keyword(l.short), URL: l.long, Title: l.label(), Date: l.date, IP: noAddress}
}

// row is a link as stats and url-stats answer it.
type row struct {
	ShortURL  string `json:"shorturl"`
	URL       string `json:"url"`
	Title     string `json:"title"`
	Timestamp string `json:"timestamp"`
	IP        string `json:"ip"`
	Clicks    int64  `json:"clicks"`
}

func (l link) row() row {
	return row{ShortURL: l.short, URL: l.long, Title: l.label(), Timestamp: l.date, IP: noAddress, Clicks: l.clicks}
}

// keyword is the alias of a short URL.
func keyword(short string) string { return short[strings.LastIndexByte(short, '/')+1:] }

// expand answers where a short URL leads.
func expand(ctx context.Context, do dialects.Do, in url.Values) (*api.Reply, error) {
	l, err := find(ctx, do, in)
	if err != nil {
		return nil, err
	}
	return encode(struct {
		Keyword    string `json:"keyword"`
		ShortURL   string `json:"shorturl"`
		LongURL    string `json:"longurl"`
		Title      string `json:"title"`
		Message    string `json:"message"`
		StatusCode string `json:"statusCode"`
	}{keyword(l.short), l.short, l.long, l.label(), success, "200"})
}

// linkStats answers what is known of one short URL.
func linkStats(ctx context.Context, do dialects.Do, in url.Values) (*api.Reply, error) {
	l, err := find(ctx, do, in)
	if err != nil {
		return nil, err
	}
	return encode(struct {
		StatusCode string `json:"statusCode"`
		Message    string `json:"message"`
		Link       row    `json:"link"`
	}{"200", success, l.row()})
}

// find returns the link of the short URL that is asked for, in full or its
// alias alone. Codes: NotFound, and those of listLinks.
func find(ctx context.Context, do dialects.Do, in url.Values) (link, error) {
	short := strings.TrimSpace(in.Get("shorturl"))
	if short == "" {
		return link{}, api.Errorf(api.NotFound, notFound)
	}
	reply, err := dialects.Find(ctx, do, short)
	if err != nil {
		return link{}, err
	}
	found := gjson.ParseBytes(reply.Document)
	return linkOf(found.Get("details"), found.Get("data.clicks").Int()), nil
}
