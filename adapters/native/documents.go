package native

import (
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/translate"
)

// linkRow is a link in a list.
type linkRow struct {
	ID          int64   `json:"id"`
	Alias       string  `json:"alias"`
	ShortURL    string  `json:"shorturl"`
	LongURL     string  `json:"longurl"`
	Clicks      int64   `json:"clicks"`
	Title       string  `json:"title"`
	Description string  `json:"description"`
	Domain      string  `json:"domain"`
	Campaign    *int64  `json:"campaign"`
	Channel     []int64 `json:"channel"`
	Date        string  `json:"date"`
}

// single is one link: its documented keys, and under details every field that
// a create accepts by its request name.
type single struct {
	Error   int         `json:"error"`
	ID      int64       `json:"id"`
	Details linkDetails `json:"details"`
	Data    statistics  `json:"data"`
}

type linkDetails struct {
	ID              int64             `json:"id"`
	ShortURL        string            `json:"shorturl"`
	LongURL         string            `json:"longurl"`
	Title           string            `json:"title"`
	Description     string            `json:"description"`
	Location        map[string]string `json:"location"`
	Device          map[string]string `json:"device"`
	Expiry          *string           `json:"expiry"`
	Date            string            `json:"date"`
	URL             string            `json:"url"`
	Custom          string            `json:"custom"`
	Type            string            `json:"type"`
	HasPassword     bool              `json:"has_password"`
	Domain          string            `json:"domain"`
	MetaTitle       string            `json:"metatitle"`
	MetaDescription string            `json:"metadescription"`
	MetaImage       string            `json:"metaimage"`
	Campaign        *int64            `json:"campaign"`
	Channel         *int64            `json:"channel"`
	Status          string            `json:"status"`

	Geo        []shortener.GeoRule      `json:"geotarget"`
	Devices    []shortener.DeviceRule   `json:"devicetarget"`
	Languages  []shortener.LanguageRule `json:"languagetarget"`
	Parameters []shortener.Parameter    `json:"parameters"`
	Pixels     []int64                  `json:"pixels"`
	DeepLink   *shortener.DeepLink      `json:"deeplink"`
}

// statistics are a link's. What is not counted yet is 0, which is also how the
// API writes an empty aggregate.
type statistics struct {
	Clicks       int64          `json:"clicks"`
	UniqueClicks int64          `json:"uniqueClicks"`
	TopCountries int            `json:"topCountries"`
	TopReferrers int            `json:"topReferrers"`
	TopBrowsers  int            `json:"topBrowsers"`
	TopOS        int            `json:"topOs"`
	SocialCount  map[string]int `json:"socialCount"`
	Links        []linkRow      `json:"urls,omitempty"`
}

func (a *Adapter) row(call *api.Call, l *shortener.Link) linkRow {
	r := linkRow{
		ID:          l.ID,
		Alias:       l.Alias,
		ShortURL:    shortURL(call, l),
		LongURL:     l.URL,
		Clicks:      l.Clicks,
		Title:       l.MetaTitle,
		Description: l.Description,
		Domain:      call.Origin,
		Campaign:    idOrNull(l.Campaign),
		Channel:     []int64{},
		Date:        a.date(l.Created),
	}
	if l.Channel != 0 {
		r.Channel = []int64{l.Channel}
	}
	return r
}

func (a *Adapter) single(call *api.Call, l *shortener.Link) single {
	s := single{ID: l.ID, Details: linkDetails{
		ID:              l.ID,
		ShortURL:        shortURL(call, l),
		LongURL:         l.URL,
		Title:           l.MetaTitle,
		Description:     l.Description,
		Location:        map[string]string{},
		Device:          map[string]string{},
		Date:            a.date(l.Created),
		URL:             l.URL,
		Custom:          l.Alias,
		Type:            l.Type,
		HasPassword:     l.PasswordHash != "",
		Domain:          call.Origin,
		MetaTitle:       l.MetaTitle,
		MetaDescription: l.MetaDescription,
		MetaImage:       l.MetaImage,
		Campaign:        idOrNull(l.Campaign),
		Channel:         idOrNull(l.Channel),
		Status:          "private",
		Geo:             listed(l.Options.Geo),
		Devices:         listed(l.Options.Devices),
		Languages:       listed(l.Options.Languages),
		Parameters:      listed(l.Options.Parameters),
		Pixels:          listed(l.Options.Pixels),
		DeepLink:        l.Options.DeepLink,
	}}
	if l.Public {
		s.Details.Status = "public"
	}
	if !l.Expires.IsZero() {
		expiry := a.date(l.Expires)
		s.Details.Expiry = &expiry
	}
	for _, r := range l.Options.Geo {
		name := r.Location
		if code, ok := translate.CountryCode(name); ok && strings.EqualFold(code, name) {
			name = translate.CountryName(code)
		}
		s.Details.Location[strings.ToLower(name)] = r.Link
	}
	for _, r := range l.Options.Devices {
		s.Details.Device[strings.ToLower(r.Device)] = r.Link
	}
	s.Data.Clicks = l.Clicks
	s.Data.SocialCount = map[string]int{"facebook": 0, "twitter": 0, "google": 0, "instagram": 0}
	return s
}

func (a *Adapter) date(t time.Time) string {
	return t.In(a.cfg.Zone).Format(translate.DateTimeLayout)
}

func shortURL(call *api.Call, l *shortener.Link) string {
	return call.Origin + "/" + l.Alias
}

// listed makes a list that was not given [] rather than null.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func idOrNull(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

// saved answers a create or an update with both names of the short URL, which
// clients of different ages read.
func saved(call *api.Call, l *shortener.Link) (*api.Reply, error) {
	short := shortURL(call, l)
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
