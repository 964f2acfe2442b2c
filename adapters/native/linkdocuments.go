package native

import (
	"context"
	"net/http"
	"strings"

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
	Unique      int64   `json:"uniqueclicks"`
	Title       string  `json:"title"`
	Description string  `json:"description"`
	Domain      string  `json:"domain"`
	Campaign    *int64  `json:"campaign"`
	Channel     []int64 `json:"channel"`
	ExternalID  string  `json:"externalid"`
	Date        string  `json:"date"`
}

// linkVisits are the visits of a link, and where a search by short URL found it
// the link as a row.
type linkVisits struct {
	visits
	Links []linkRow `json:"urls,omitempty"`
}

// single is one link: its documented keys, and under details every field that
// a create accepts by its request name.
type single struct {
	Error   int         `json:"error"`
	ID      int64       `json:"id"`
	Details linkDetails `json:"details"`
	Data    linkVisits  `json:"data"`
}

type linkDetails struct {
	ID              int64             `json:"id"`
	ShortURL        string            `json:"shorturl"`
	LongURL         string            `json:"longurl"`
	Title           string            `json:"title"`
	Description     string            `json:"description"`
	Location        map[string]string `json:"location"`
	Device          map[string]string `json:"device"`
	Language        map[string]string `json:"language"`
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
	Channel         *int64            `json:"channel"`  // the first one
	Channels        []int64           `json:"channels"` // all of them
	Status          string            `json:"status"`
	RedirectCode    int               `json:"redirectcode"`
	ClickLimit      *int64            `json:"clicklimit"`
	StartDate       *string           `json:"startdate"`
	ExpiredURL      string            `json:"expiredurl"`
	ExternalID      string            `json:"externalid"`
	ForwardQuery    bool              `json:"forwardquery"`
	Disabled        bool              `json:"disabled"`
	CarriedClicks   int64             `json:"carriedclicks"`
	CarriedUniques  int64             `json:"carrieduniqueclicks"`

	Geo        []shortener.GeoRule      `json:"geotarget"`
	Devices    []shortener.DeviceRule   `json:"devicetarget"`
	Languages  []shortener.LanguageRule `json:"languagetarget"`
	Parameters []shortener.Parameter    `json:"parameters"`
	Pixels     []int64                  `json:"pixels"`
	DeepLink   *shortener.DeepLink      `json:"deeplink"`
}

func (a *Adapter) row(call *api.Call, l *shortener.Link) linkRow {
	short := a.shortURL(call, l)
	return linkRow{
		ID:          l.ID,
		Alias:       l.Alias,
		ShortURL:    short,
		LongURL:     l.URL,
		Clicks:      l.AllClicks(),
		Unique:      l.AllUniques(),
		Title:       l.MetaTitle,
		Description: l.Description,
		Domain:      strings.TrimSuffix(short, "/"+l.Alias),
		Campaign:    orNull(l.Campaign),
		Channel:     listed(l.Channels),
		ExternalID:  l.ExternalID,
		Date:        a.date(l.Created),
	}
}

func (a *Adapter) single(ctx context.Context, call *api.Call, l *shortener.Link) (*single, error) {
	visits, err := a.visits(ctx, l)
	if err != nil {
		return nil, err
	}
	return &single{ID: l.ID, Details: a.linkDetails(call, l), Data: linkVisits{visits: visits}}, nil
}

func (a *Adapter) linkDetails(call *api.Call, l *shortener.Link) linkDetails {
	short := a.shortURL(call, l)
	d := linkDetails{
		ID:              l.ID,
		ShortURL:        short,
		LongURL:         l.URL,
		Title:           l.MetaTitle,
		Description:     l.Description,
		Location:        map[string]string{},
		Device:          map[string]string{},
		Language:        map[string]string{},
		Expiry:          a.dateOrNull(l.Expires),
		Date:            a.date(l.Created),
		URL:             l.URL,
		Custom:          l.Alias,
		Type:            l.Type,
		HasPassword:     l.PasswordHash != "",
		Domain:          strings.TrimSuffix(short, "/"+l.Alias),
		MetaTitle:       l.MetaTitle,
		MetaDescription: l.MetaDescription,
		MetaImage:       l.MetaImage,
		Campaign:        orNull(l.Campaign),
		Channels:        listed(l.Channels),
		Status:          "private",
		RedirectCode:    l.Options.RedirectCode,
		ClickLimit:      orNull(l.Options.ClickLimit),
		StartDate:       a.dateOrNull(l.Options.Starts),
		ExpiredURL:      l.Options.ExpiredURL,
		ExternalID:      l.ExternalID,
		ForwardQuery:    l.Options.ForwardQuery,
		Disabled:        l.Options.Disabled,
		CarriedClicks:   l.CarriedClicks,
		CarriedUniques:  l.CarriedUniques,
		Geo:             listed(l.Options.Geo),
		Devices:         listed(l.Options.Devices),
		Languages:       listed(l.Options.Languages),
		Parameters:      listed(l.Options.Parameters),
		Pixels:          listed(l.Options.Pixels),
		DeepLink:        l.Options.DeepLink,
	}
	if l.Public {
		d.Status = "public"
	}
	if d.RedirectCode == 0 {
		d.RedirectCode = http.StatusFound
	}
	if len(l.Channels) > 0 {
		d.Channel = &l.Channels[0]
	}
	for _, r := range l.Options.Geo {
		name := r.Location
		if code, ok := translate.CountryCode(name); ok && strings.EqualFold(code, name) {
			name = translate.CountryName(code)
		}
		first(d.Location, name, r.Link)
	}
	for _, r := range l.Options.Devices {
		first(d.Device, r.Device, r.Link)
	}
	for _, r := range l.Options.Languages {
		first(d.Language, r.Language, r.Link)
	}
	return d
}

// first writes a rule under its name in lower case. Of several rules with one
// name the first one counts, here as for visitors.
func first(rules map[string]string, name, link string) {
	name = strings.ToLower(name)
	if _, ok := rules[name]; !ok {
		rules[name] = link
	}
}
