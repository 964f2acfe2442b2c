package dglnk

import (
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/translate"
)

// linkRow is a link in a list. What the site does not tell is left out.
type linkRow struct {
	ID          int64   `json:"id"`
	Alias       string  `json:"alias"`
	ShortURL    string  `json:"shorturl"`
	LongURL     string  `json:"longurl"`
	Clicks      *int64  `json:"clicks,omitempty"`
	Title       string  `json:"title"`
	Description string  `json:"description"`
	Domain      string  `json:"domain"`
	Campaign    *int64  `json:"campaign"`
	Date        *string `json:"date,omitempty"`
}

// single is one link with its visits.
type single struct {
	Error   int         `json:"error"`
	ID      int64       `json:"id"`
	Details linkDetails `json:"details"`
	Data    linkVisits  `json:"data"`
}

// linkVisits are the visits of a link, and where a search found it the link as a
// row.
type linkVisits struct {
	visits
	Links []linkRow `json:"urls,omitempty"`
}

// linkDetails are the documented keys of a link, and what a create takes under
// the names that it takes it by. Description is the owner's note, which the site
// has none of.
type linkDetails struct {
	ID              int64           `json:"id"`
	ShortURL        string          `json:"shorturl"`
	LongURL         string          `json:"longurl"`
	Title           string          `json:"title"`
	Description     string          `json:"description"`
	Location        json.RawMessage `json:"location"`
	Device          json.RawMessage `json:"device"`
	Expiry          *string         `json:"expiry"`
	Date            *string         `json:"date,omitempty"`
	URL             string          `json:"url"`
	Custom          string          `json:"custom"`
	Type            string          `json:"type"`
	HasPassword     bool            `json:"has_password"`
	Domain          string          `json:"domain"`
	Geo             json.RawMessage `json:"geotarget"`
	Devices         json.RawMessage `json:"devicetarget"`
	MetaTitle       string          `json:"metatitle"`
	MetaDescription string          `json:"metadescription"`
	MetaImage       string          `json:"metaimage"`
	Pixels          []int64         `json:"pixels"`
	Campaign        *int64          `json:"campaign"`
	DeepLink        json.RawMessage `json:"deeplink"`
	Status          string          `json:"status"`
	Disabled        bool            `json:"disabled"`
}

func (b *version3) row(l remoteLink) linkRow {
	return linkRow{
		ID:       l.id,
		Alias:    l.alias(),
		ShortURL: l.shortURL,
		LongURL:  l.longURL,
		Clicks:   clicksOf(l),
		Title:    either(l.Result, "name", "title").String(),
		Domain:   originOf(l.shortURL),
		Campaign: l.campaign(),
		Date:     b.date(translate.Member(l.Result, "created_at")),
	}
}

func (b *version3) details(l remoteLink) linkDetails {
	rules, _ := readRules(l.Result)
	geo, device, app := shown(rules)
	title := either(l.Result, "name", "title").String()
	d := linkDetails{
		ID:              l.id,
		ShortURL:        l.shortURL,
		LongURL:         l.longURL,
		Title:           title,
		Location:        targets(nil, gjson.Parse(geo), "location"),
		Device:          targets(nil, gjson.Parse(device), "device"),
		Expiry:          b.date(translate.Member(l.Result, "expires_at")),
		Date:            b.date(translate.Member(l.Result, "created_at")),
		URL:             l.longURL,
		Custom:          l.alias(),
		Type:            "direct",
		HasPassword:     translate.Member(l.Result, "has_password").Bool(),
		Domain:          originOf(l.shortURL),
		Geo:             json.RawMessage(geo),
		Devices:         json.RawMessage(device),
		MetaTitle:       title,
		MetaDescription: text(l.Result, "description"),
		MetaImage:       text(l.Result, "image"),
		Pixels:          []int64{},
		Campaign:        l.campaign(),
		DeepLink:        json.RawMessage(app),
		Status:          "private",
	}
	switch kind := text(l.Result, "type"); kind {
	case "":
	case "overlay":
		if id, ok := number(translate.Member(l.Result, "type_id")); ok {
			d.Type = overlay + strconv.FormatInt(id, 10)
		}
	default:
		d.Type = kind
	}
	if active, ok := isActive(l.Result); ok {
		d.Disabled = !active
	}
	if ids := idsOf(translate.Member(l.Result, "pixels")); len(ids) > 0 {
		d.Pixels = ids
	}
	return d
}

// originOf is the scheme and host of a short URL.
func originOf(shortURL string) string {
	u, err := url.Parse(shortURL)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
