package upstream

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/linkquay/linkquay/api"
)

// MaxMessage bounds what is repeated of a backend's message, in bytes.
const MaxMessage = 300

// Message returns what a backend said as clients may be shown it: plain text of
// at most 300 bytes, and nothing at all where it repeats the client's key or
// the forwarded one.
func (c *Client) Message(text string, forwarded api.Secret) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, text)
	if c.Leaks(text) || forwarded != "" && strings.Contains(text, forwarded.Reveal()) {
		return ""
	}
	if len(text) > MaxMessage {
		text = text[:MaxMessage]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
	}
	return strings.TrimSpace(text)
}
