package store

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/linkquay/linkquay/api"
)

// Databases disagree on letter case outside of ASCII, so the text to search is
// kept folded beside what it comes from and searched with a folded pattern.

// fieldSeparator keeps a match from reaching from one field into the next.
const fieldSeparator = "\x1f"

// maxPattern is the longest pattern for LIKE that SQLite accepts.
const maxPattern = 50_000

// searchText returns what a search looks through.
func searchText(fields ...string) string {
	for i, f := range fields {
		fields[i] = fold(f)
	}
	return strings.Join(fields, fieldSeparator)
}

// fold makes texts equal that differ in letter case, in any script, or in how
// accents are encoded. It does not look into percent-encoding or punycode.
func fold(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] < ' ' {
			s = strings.Map(controlToSpace, s)
			return norm.NFC.String(cases.Fold().String(norm.NFC.String(s)))
		}
	}
	return strings.ToLower(s)
}

// controlToSpace takes away the separator, and NUL, at which LIKE ends.
func controlToSpace(r rune) rune {
	if r < ' ' {
		return ' '
	}
	return r
}

var escapeLike = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// likePattern returns the pattern for "LIKE ? ESCAPE '!'" that finds the text
// inside of what searchText made.
func likePattern(text string) (string, error) {
	pattern := "%" + escapeLike.Replace(fold(text)) + "%"
	if len(pattern) > maxPattern {
		return "", api.Errorf(api.Invalid, "The search text is too long.")
	}
	return pattern, nil
}
