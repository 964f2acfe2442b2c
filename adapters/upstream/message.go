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
	text = printable(text)
	if c.Leaks(text) || forwarded != "" && strings.Contains(text, forwarded.Reveal()) {
		return ""
	}
	return strings.TrimSpace(shorten(text))
}

// printable returns text without what a terminal or a log takes for commands.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, text)
}

// shorten cuts text off behind MaxMessage bytes at most.
func shorten(text string) string {
	if len(text) <= MaxMessage {
		return text
	}
	text = text[:MaxMessage]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text
}
