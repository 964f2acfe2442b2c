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
}

// apply writes the fields of a call's document into the link.
func (a *Adapter) apply(l *shortener.Link, call *api.Call) error {
	var in fields
	if err := json.Unmarshal(call.Document, &in); err != nil {
		return fmt.Errorf("decoding a link: %w", err)
	}
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
		l.Options.DeepLink = in.DeepLink
	}
	if in.Status != nil {
		l.Public = *in.Status == "public"
	}
	if in.Domain != nil {
		// The site's own domain, which clients name too, is the main one.
		if l.Domain = shortener.HostOf(*in.Domain); l.Domain == shortener.HostOf(call.Origin) {
			l.Domain = ""
		}
	}
	if err := checkRules(&l.Options); err != nil {
		return err
	}
	if err := a.applyExpiry(l, in.Expiry); err != nil {
		return err
	}
	switch {
	case in.Password == nil:
	case *in.Password == "":
		l.PasswordHash = ""
	default:
		l.PasswordHash = shortener.HashPassword(*in.Password)
	}
	return nil
}

func (a *Adapter) applyExpiry(l *shortener.Link, expiry *string) error {
	switch {
	case expiry == nil:
		return nil
	case *expiry == "":
		l.Expires = time.Time{}
		return nil
	}
	t, err := translate.ParseDateTime(*expiry, a.cfg.Zone)
	if err != nil {
		return api.InvalidField("expiry", err.Error())
	}
	l.Expires = t
	return nil
}

// checkRules refuses rules that no visitor could ever match.
func checkRules(o *shortener.Options) error {
	for i, r := range o.Geo {
		if _, ok := translate.CountryCode(r.Location); !ok {
			return api.InvalidField(fmt.Sprintf("geotarget[%d].location", i), "must be an English country name or an ISO 3166-1 code")
		}
	}
	for i, r := range o.Languages {
		if _, err := language.Parse(r.Language); err != nil {
			return api.InvalidField(fmt.Sprintf("languagetarget[%d].language", i), "must be a language tag, such as en")
		}
	}
	return nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}
