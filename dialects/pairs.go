package dialects

import (
	"encoding/hex"
	"net/url"
	"strings"
)

// MaxPairs is how many parameters are read of a query, and of a form: those that
// PHP reads.
const MaxPairs = 1000

// Pairs calls f with each parameter of a query or a form, read as PHP does, which
// old clients are written for: "&" alone separates them, and what is badly
// escaped stays as it is.
func Pairs(encoded string, f func(name, value string)) {
	for n := 0; encoded != "" && n < MaxPairs; n++ {
		var pair string
		pair, encoded, _ = strings.Cut(encoded, "&")
		name, value, _ := strings.Cut(pair, "=")
		f(unescape(name), unescape(value))
	}
}

// unescape is url.QueryUnescape for clients that do not escape all of a URL:
// what is no escape stays as it is.
func unescape(s string) string {
	if t, err := url.QueryUnescape(s); err == nil {
		return t
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				out = append(out, c...)
				i += 2
				continue
			}
		}
		if s[i] == '+' {
			out = append(out, ' ')
			continue
		}
		out = append(out, s[i])
	}
	return string(out)
}
