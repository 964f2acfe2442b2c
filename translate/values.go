package translate

import (
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/tidwall/gjson"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// DateTimeLayout is how the API of these services writes a time. It has no
// zone.
const DateTimeLayout = "2006-01-02 15:04:05"

// ErrDateTime is what ParseDateTime says of a value that is none.
var ErrDateTime = errors.New("must be a date as YYYY-MM-DD or YYYY-MM-DD HH:MM:SS")

// ParseDateTime reads "2006-01-02 15:04:05", "2006-01-02T15:04", a date alone,
// which means the end of that day, or RFC 3339. What has no zone of its own is
// in zone.
func ParseDateTime(s string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{DateTimeLayout, "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return time.Date(t.Year(), t.Month(), t.Day(), 23, 59, 59, 0, zone), nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	return time.Time{}, ErrDateTime
}

// DateTime returns a function that turns a time in one zone into
// DateTimeLayout in another.
func DateTime(from, to *time.Location) Func {
	return func(p *Pass, v gjson.Result) {
		t, err := ParseDateTime(v.String(), from)
		if err != nil {
			p.Invalid("", err.Error())
			return
		}
		p.String(t.In(to).Format(DateTimeLayout))
	}
}

// countries maps lower-case English names to ISO 3166-1 alpha-2 codes. Beside
// the names of CLDR it knows those that country lists of PHP scripts use.
var countries = sync.OnceValue(func() map[string]string {
	names := map[string]string{
		"bolivia, plurinational state of":        "BO",
		"bosnia and herzegovina":                 "BA",
		"brunei darussalam":                      "BN",
		"burma":                                  "MM",
		"cape verde":                             "CV",
		"congo":                                  "CG",
		"cote d'ivoire":                          "CI",
		"czech republic":                         "CZ",
		"hong kong":                              "HK",
		"iran, islamic republic of":              "IR",
		"ivory coast":                            "CI",
		"korea, democratic people's republic of": "KP",
		"korea, republic of":                     "KR",
		"lao people's democratic republic":       "LA",
		"libyan arab jamahiriya":                 "LY",
		"macao":                                  "MO",
		"macau":                                  "MO",
		"macedonia":                              "MK",
		"moldova, republic of":                   "MD",
		"palestine":                              "PS",
		"palestinian territory":                  "PS",
		"republic of korea":                      "KR",
		"russian federation":                     "RU",
		"swaziland":                              "SZ",
		"syrian arab republic":                   "SY",
		"taiwan, province of china":              "TW",
		"tanzania, united republic of":           "TZ",
		"turkey":                                 "TR",
		"united states of america":               "US",
		"usa":                                    "US",
		"vatican":                                "VA",
		"venezuela, bolivarian republic of":      "VE",
		"viet nam":                               "VN",
	}
	english := display.English.Regions()
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			region, err := language.ParseRegion(string(a) + string(b))
			if err != nil || !region.IsCountry() || region.Canonicalize() != region {
				continue
			}
			if name := english.Name(region); name != "" {
				names[strings.ToLower(name)] = region.String()
			}
		}
	}
	return names
})

// CountryCode returns the upper-case ISO 3166-1 alpha-2 code for an English
// country name or a code, in any letter case.
func CountryCode(s string) (string, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if code, ok := countries()[s]; ok {
		return code, true
	}
	if len(s) != 2 {
		return "", false
	}
	region, err := language.ParseRegion(s)
	if err != nil || !region.IsCountry() {
		return "", false
	}
	return region.Canonicalize().String(), true
}

// CountryName returns the English name of a country by its code, or the code
// itself where there is none.
func CountryName(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	return display.English.Regions().Name(region)
}
