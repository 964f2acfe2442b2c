package native

import (
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/text/language"

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

	// expires is what Expiry means; the zero time where it is empty.
	expires time.Time
}

// decode reads the fields of a call's document, and checks what can be checked
// without the link.
func (a *Adapter) decode(call *api.Call) (*fields, error) {
	var in fields
	if err := json.Unmarshal(call.Document, &in); err != nil {
		return nil, fmt.Errorf("decoding a link: %w", err)
	}
	if in.Expiry != nil && *in.Expiry != "" {
		var err error
		if in.expires, err = translate.ParseDateTime(*in.Expiry, a.cfg.Zone); err != nil {
			return nil, api.InvalidField("expiry", err.Error())
		}
	}
	return &in, in.checkRules()
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
	set(&l.Channel, in.Channel)
	set(&l.Campaign, in.Campaign)
	set(&l.Options.Geo, in.Geo)
	set(&l.Options.Devices, in.Devices)
	set(&l.Options.Languages, in.Languages)
	set(&l.Options.Pixels, in.Pixels)
	set(&l.Options.Parameters, in.Parameters)
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
	if in.Domain != nil {
		// The site's own domain, which clients name too, is the main one.
		if l.Domain = api.HostOf(*in.Domain); l.Domain == api.HostOf(call.Origin) {
			l.Domain = ""
		}
	}
}

// checkRules refuses rules that no visitor could ever match.
func (in *fields) checkRules() error {
	for i, r := range orEmpty(in.Geo) {
		if _, ok := translate.CountryCode(r.Location); !ok {
			return api.InvalidField(fmt.Sprintf("geotarget[%d].location", i), "must be an English country name or an ISO 3166-1 code")
		}
	}
	for i, r := range orEmpty(in.Languages) {
		if _, err := language.Parse(r.Language); err != nil {
			return api.InvalidField(fmt.Sprintf("languagetarget[%d].language", i), "must be a language tag, such as en")
		}
	}
	return nil
}

// orEmpty is the list, or none where it was not given.
func orEmpty[T any](list *[]T) []T {
	if list == nil {
		return nil
	}
	return *list
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}
