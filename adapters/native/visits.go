package native

import (
	"context"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/shortener"
)

// visits are what is known of the visits of a link or a QR code.
type visits struct {
	Clicks       int64            `json:"clicks"`
	UniqueClicks int64            `json:"uniqueClicks"`
	TopCountries counts           `json:"topCountries"`
	TopReferrers counts           `json:"topReferrers"`
	TopBrowsers  counts           `json:"topBrowsers"`
	TopOS        counts           `json:"topOs"`
	SocialCount  map[string]int64 `json:"socialCount"`
}

// counts is an object of numbers in an order of its own. The API writes an
// empty one as the number 0.
type counts []clicks.Named

// MarshalJSON implements json.Marshaler.
func (c counts) MarshalJSON() ([]byte, error) {
	if len(c) == 0 {
		return []byte("0"), nil
	}
	doc := []byte{'{'}
	for i, n := range c {
		if i > 0 {
			doc = append(doc, ',')
		}
		doc = gjson.AppendJSONString(doc, n.Name)
		doc = append(doc, ':')
		doc = strconv.AppendInt(doc, n.Clicks, 10)
	}
	return append(doc, '}'), nil
}

func (a *Adapter) visits(ctx context.Context, l *shortener.Link) (visits, error) {
	s, err := a.cfg.Statistics.Summary(ctx, l.ID)
	if err != nil {
		return visits{}, err
	}
	v := visits{
		Clicks:       s.Clicks + s.CarriedClicks,
		UniqueClicks: s.UniqueClicks + s.CarriedUniques,
		TopCountries: named(clicks.Countries, s.Countries),
		TopReferrers: named(clicks.Referrers, s.Referrers),
		TopBrowsers:  named(clicks.Browsers, s.Browsers),
		TopOS:        named(clicks.Systems, s.Systems),
		// Both pages' networks, also those that nobody came from.
		SocialCount: map[string]int64{"facebook": 0, "twitter": 0, "google": 0, "instagram": 0},
	}
	for _, n := range s.Social {
		if _, ok := v.SocialCount[n.Name]; ok {
			v.SocialCount[n.Name] += n.Clicks
		}
	}
	return v, nil
}
