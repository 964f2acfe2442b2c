package native

import (
	"net/url"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/translate"
)

// fields are those of a create or an update. A nil field was not given.
type fields struct {
	URL             *string                   `json:"url"`
	Custom          *string                   `json:"custom"`
	Type            *string                   `json:"type"`
	Password        *string                   `json:"password"`
	Domain          *string                   `json:"domain"`
	Expiry          *string                   `json:"expiry"`
	Geo             *[]shortener.GeoRule      `json:"geotarget"`
	Devices         *[]shortener.DeviceRule   `json:"devicetarget"`
	Languages       *[]shortener.LanguageRule `json:"languagetarget"`
	MetaTitle       *string                   `json:"metatitle"`
	MetaDescription *string                   `json:"metadescription"`
	MetaImage       *string                   `json:"metaimage"`
	Description     *string                   `json:"description"`
	Pixels          *[]int64                  `json:"pixels"`
	Channel         *int64                    `json:"channel"`
	Campaign        *int64                    `json:"campaign"`
	DeepLink        *shortener.DeepLink       `json:"deeplink"`
	Status          *string                   `json:"status"`
	Parameters      *[]shortener.Parameter    `json:"parameters"`
	RedirectCode    *int                      `json:"redirectcode"`
	ClickLimit      *int64                    `json:"clicklimit"`
	StartDate       *string                   `json:"startdate"`
	ExpiredURL      *string                   `json:"expiredurl"`
	ExternalID      *string                   `json:"externalid"`
	ForwardQuery    *bool                     `json:"forwardquery"`
	Disabled        *bool                     `json:"disabled"`

	// expires and starts are what Expiry and StartDate mean; the zero time
	// where they are empty.
	expires, starts time.Time
}

// decodeLink reads the fields of a call's document, and checks what can be
// checked without the link.
func (a *Adapter) decodeLink(call *api.Call) (*fields, error) {
	var in fields
	if err := decode(call, &in); err != nil {
		return nil, err
	}
	var err error
	if in.Expiry != nil && *in.Expiry != "" {
		if in.expires, err = a.end("expiry", *in.Expiry); err != nil {
			return nil, err
		}
	}
	if in.StartDate != nil && *in.StartDate != "" {
		if in.starts, err = a.beginning("startdate", *in.StartDate); err != nil {
			return nil, err
		}
	}
	if in.MetaImage != nil && *in.MetaImage != "" && !isWeb(*in.MetaImage) {
		return nil, api.InvalidField("metaimage", "Please enter a valid URL.")
	}
	return &in, nil
}

// isWeb reports whether a picture can be shown from the address. It may be one
// of ours, unlike where visitors are led.
func isWeb(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// end reads a time at which something ends: a date alone is its last second.
func (a *Adapter) end(field, value string) (time.Time, error) {
	t, err := translate.ParseDateTime(value, a.cfg.Zone)
	if err != nil {
		return time.Time{}, api.InvalidField(field, err.Error())
	}
	return t, nil
}

// beginning reads a time at which something begins: a date alone is its first
// moment.
func (a *Adapter) beginning(field, value string) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, value, a.cfg.Zone); err == nil {
		return t, nil
	}
	return a.end(field, value)
}

// apply writes the given fields into the link, all but the password.
func (in *fields) apply(l *shortener.Link, call *api.Call) {
	set(&l.URL, in.URL)
	set(&l.Alias, in.Custom)
	set(&l.Type, in.Type)
	set(&l.MetaTitle, in.MetaTitle)
	set(&l.MetaDescription, in.MetaDescription)
	set(&l.MetaImage, in.MetaImage)
	set(&l.Description, in.Description)
	set(&l.Campaign, in.Campaign)
	set(&l.ExternalID, in.ExternalID)
	if in.Channel != nil {
		// A request knows one channel: the link is in that one, or in none.
		if l.Channels = nil; *in.Channel != 0 {
			l.Channels = []int64{*in.Channel}
		}
	}
	set(&l.Options.Geo, in.Geo)
	set(&l.Options.Devices, in.Devices)
	set(&l.Options.Languages, in.Languages)
	set(&l.Options.Pixels, in.Pixels)
	set(&l.Options.Parameters, in.Parameters)
	set(&l.Options.RedirectCode, in.RedirectCode)
	set(&l.Options.ClickLimit, in.ClickLimit)
	set(&l.Options.ExpiredURL, in.ExpiredURL)
	set(&l.Options.ForwardQuery, in.ForwardQuery)
	set(&l.Options.Disabled, in.Disabled)
	if in.DeepLink != nil {
		l.Options.DeepLink = nil
		if *in.DeepLink != (shortener.DeepLink{}) {
			l.Options.DeepLink = in.DeepLink
		}
	}
	if in.Status != nil {
		l.Public = *in.Status == "public"
	}
	if in.Expiry != nil {
		l.Expires = in.expires
	}
	if in.StartDate != nil {
		l.Options.Starts = in.starts
	}
	if in.Domain != nil {
		l.Domain = domainOf(call, *in.Domain)
	}
}

// domainOf is the domain that a client names, empty for the main one: clients
// name that too.
func domainOf(call *api.Call, name string) string {
	host := api.HostOf(name)
	if host == api.HostOf(call.Origin) {
		return ""
	}
	return host
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}
