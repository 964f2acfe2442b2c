package pages

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"golang.org/x/text/language"
)

// supported are the languages of the pages; the first is what visitors of
// others get.
var supported = []language.Tag{language.English, language.French, language.Korean}

var matcher = language.NewMatcher(supported)

// Languages returns the languages of the pages as BCP 47 tags, the default
// first.
func Languages() []string {
	all := make([]string, len(supported))
	for i, t := range supported {
		all[i] = t.String()
	}
	return all
}

// maxAcceptLanguage is how much of the header is looked at; browsers send less
// than a hundred bytes.
const maxAcceptLanguage = 512

// match returns the page's language for an Accept-Language header.
func match(accept string) string {
	if accept == "" || len(accept) > maxAcceptLanguage {
		return supported[0].String()
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return supported[0].String()
	}
	_, i, _ := matcher.Match(tags...)
	return supported[i].String()
}

// catalogue is every text by language.
var catalogue = load()

func load() map[string]texts {
	all := map[string]texts{}
	for _, lang := range Languages() {
		x := texts{}
		// The files are embedded: this fails at start or never.
		if err := json.Unmarshal([]byte(asset("texts/"+lang+".json")), &x); err != nil {
			panic(fmt.Errorf("texts of %s: %w", lang, err))
		}
		all[lang] = x
	}
	return all
}

// groups writes a number with the language's separator of thousands (Unicode
// CLDR): a comma, in French a narrow no-break space.
func groups(lang string, n int64) string {
	separator := ","
	if lang == "fr" {
		separator = "\u202f"
	}
	s := strconv.FormatInt(n, 10)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(s) - 3; i > first; i -= 3 {
		s = s[:i] + separator + s[i:]
	}
	return s
}

// LanguageOf returns the language that pages have for a request.
func LanguageOf(r *http.Request) string { return match(r.Header.Get("Accept-Language")) }
