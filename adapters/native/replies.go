package native

import (
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/translate"
)

func (a *Adapter) date(t time.Time) string {
	return t.In(a.cfg.Zone).Format(translate.DateTimeLayout)
}

// shortURL is where a link stands: on the site, or on a branded domain.
func (a *Adapter) shortURL(call *api.Call, l *shortener.Link) string {
	return a.cfg.Shortener.ShortURL(l, call.Origin)
}

// checkTarget refuses a place that nobody may be led to. One that was not sent,
// or was sent empty, is fine.
func (a *Adapter) checkTarget(call *api.Call, field string, target *string) error {
	if target == nil || *target == "" {
		return nil
	}
	return a.cfg.Shortener.CheckTarget(field, *target, api.HostOf(call.Origin))
}

// listed makes a list that was not given [] rather than null.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func orNull(number int64) *int64 {
	if number == 0 {
		return nil
	}
	return &number
}

func (a *Adapter) dateOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	date := a.date(t)
	return &date
}

// saved answers a create or an update with both names of the short URL, which
// clients of different ages read.
func (a *Adapter) saved(call *api.Call, l *shortener.Link) (*api.Reply, error) {
	short := a.shortURL(call, l)
	doc := append(make([]byte, 0, 64+2*len(short)), `{"error":0,"id":`...)
	doc = strconv.AppendInt(doc, l.ID, 10)
	doc = append(doc, `,"shorturl":`...)
	doc = gjson.AppendJSONString(doc, short)
	doc = append(doc, `,"short":`...)
	doc = gjson.AppendJSONString(doc, short)
	return &api.Reply{Document: append(doc, '}')}, nil
}

func message(text string) (*api.Reply, error) {
	return reply(struct {
		Error   int    `json:"error"`
		Message string `json:"message"`
	}{Message: text})
}

func reply(v any) (*api.Reply, error) {
	doc, err := adapters.Encode(v)
	if err != nil {
		return nil, err
	}
	return &api.Reply{Document: doc}, nil
}
