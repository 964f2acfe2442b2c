package native

import (
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/translate"
)

const (
	unknown = "Unknown"
	direct  = "Direct, email and other"
)

// nameOf is the English name of a value of a dimension, in the words that
// clients of the API know.
func nameOf(dimension clicks.Dimension, value string) string {
	switch {
	case dimension == clicks.Referrers && value == "":
		return direct
	case dimension == clicks.Referrers && value == clicks.OtherReferrers:
		return "Others"
	case value == "":
		return unknown
	case dimension == clicks.Countries:
		return translate.CountryName(value)
	case dimension == clicks.Languages:
		return languageName(value)
	}
	return value
}

func languageName(value string) string {
	tag, err := language.Parse(value)
	if err != nil {
		return value
	}
	if name := display.English.Tags().Name(tag); name != "" {
		return name
	}
	return value
}

// named gives the values of a dimension their names, and adds up those with the
// same one.
func named(dimension clicks.Dimension, values []clicks.Named) counts {
	var list counts
	at := map[string]int{}
	for _, v := range values {
		name := nameOf(dimension, v.Name)
		i, ok := at[name]
		if !ok {
			i = len(list)
			at[name] = i
			list = append(list, clicks.Named{Name: name})
		}
		list[i].Clicks += v.Clicks
	}
	return list
}
