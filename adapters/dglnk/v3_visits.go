package dglnk

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// visits are what getLink tells of the visits of a link. Who came twice, and from
// which network, the site does not tell: clients read these without looking
// whether they are there.
type visits struct {
	Clicks       int64           `json:"clicks"`
	UniqueClicks int64           `json:"uniqueClicks"`
	TopCountries ranked          `json:"topCountries"`
	TopReferrers ranked          `json:"topReferrers"`
	TopBrowsers  ranked          `json:"topBrowsers"`
	TopOS        ranked          `json:"topOs"`
	SocialCount  json.RawMessage `json:"socialCount"`
}

// ranked are counts as an object in their own order, 0 where there are none.
type ranked []count

// MarshalJSON implements json.Marshaler.
func (r ranked) MarshalJSON() ([]byte, error) {
	if len(r) == 0 {
		return []byte("0"), nil
	}
	b := []byte{'{'}
	for i, c := range r {
		if i > 0 {
			b = append(b, ',')
		}
		b = gjson.AppendJSONString(b, c.name)
		b = strconv.AppendInt(append(b, ':'), c.n, 10)
	}
	return append(b, '}'), nil
}

// visits returns the visits of a link. Where there is no report to be had for
// it, because the plan has none or the site reported something else, there is the
// number alone that the link itself tells.
func (b *version3) visits(ctx context.Context, call *api.Call, l remoteLink, age time.Duration) (visits, time.Duration, error) {
	r, err := b.report(ctx, call, l, age)
	known := clicksOf(l)
	switch {
	case err == nil:
		v := visits{
			Clicks:       r.clicks,
			TopCountries: r.values("countries"),
			TopReferrers: r.values("referrers"),
			TopBrowsers:  r.values("browsers"),
			TopOS:        r.values("systems"),
			SocialCount:  json.RawMessage(noSocial),
		}
		if known != nil {
			v.Clicks = max(v.Clicks, *known)
		}
		return v, r.age, nil
	case known != nil && (is(err, api.Forbidden) || errors.Is(err, errOthers)):
		return visits{Clicks: *known, SocialCount: json.RawMessage(noSocial)}, 0, nil
	}
	return visits{}, 0, err
}
