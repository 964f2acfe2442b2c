package qr

import (
	"fmt"
	"net/mail"
	"net/url"
	"strings"

	"github.com/linkquay/linkquay/api"
)

var (
	emailFields = []field{
		{name: "email", also: []string{"address", "mail", "to"}},
		{name: "subject"},
		{name: "body", also: []string{"message", "text"}, raw: true},
	}
	phoneFields = []field{{name: "phone", also: []string{"number", "tel", "phonenumber", "mobile", "value"}}}
	smsFields   = []field{
		{name: "phone", also: []string{"number", "tel", "phonenumber", "mobile", "to"}},
		{name: "message", also: []string{"body", "text"}, raw: true},
	}
)

// maxDigits is more than any number has: E.164 allows 15, extensions and
// service codes add some.
const maxDigits = 32

// emailText takes an address or a whole mailto: URI.
func emailText(s string) (string, error) {
	s = strings.TrimSpace(s)
	rest, ok := cutPrefixFold(s, "mailto:")
	if !ok {
		address, err := mailbox(s)
		return "mailto:" + address, err
	}
	if _, err := url.Parse(s); err != nil || strings.ContainsAny(s, " \t\r\n") {
		return "", api.InvalidField("data", "must be an e-mail address or a mailto: URI")
	}
	to, _, _ := strings.Cut(rest, "?")
	to, err := url.PathUnescape(to)
	if err != nil {
		return "", api.InvalidField("data", "must be an e-mail address or a mailto: URI")
	}
	_, err = mailbox(to)
	return "mailto:" + rest, err
}

func email(p *parts) (string, error) {
	to, err := p.required("email")
	if err != nil {
		return "", err
	}
	if bare, ok := cutPrefixFold(to, "mailto:"); ok {
		to = bare
	}
	address, err := mailbox(to)
	if err != nil {
		return "", p.rename(err, "email")
	}
	var query []string
	for _, name := range []string{"subject", "body"} {
		if v := p.values[name]; v != "" {
			// RFC 6068 section 5: line breaks are "%0D%0A".
			query = append(query, name+"="+percent(strings.ReplaceAll(lines(v), "\n", "\r\n"), ""))
		}
	}
	if len(query) == 0 {
		return "mailto:" + address, nil
	}
	return "mailto:" + address + "?" + strings.Join(query, "&"), nil
}

// mailbox checks an address and returns it as a mailto: URI has it.
func mailbox(s string) (string, error) {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s {
		return "", api.InvalidField("data", "must be an e-mail address")
	}
	return percent(s, "!$'*+@"), nil
}

func phone(s string) (string, error) {
	n, err := number(s)
	// A "#" would begin a fragment.
	return "tel:" + strings.ReplaceAll(n, "#", "%23"), err
}

// smsText takes a number, "sms:" or "SMSTO:" with or without a message.
func smsText(s string) (string, error) {
	s = strings.TrimSpace(s)
	for _, scheme := range []string{"smsto:", "sms:"} {
		if rest, ok := cutPrefixFold(s, scheme); ok {
			s = rest
			break
		}
	}
	to, message, _ := strings.Cut(s, ":")
	n, err := number(to)
	return smsto(n, message), err
}

func sms(p *parts) (string, error) {
	to, err := p.required("phone")
	if err != nil {
		return "", err
	}
	n, err := number(to)
	return smsto(n, p.values["message"]), p.rename(err, "phone")
}

func smsto(number, message string) string {
	if message == "" {
		return "SMSTO:" + number
	}
	return "SMSTO:" + number + ":" + message
}

// number returns a telephone number without separators: digits, "*" and "#",
// and a "+" in front.
func number(s string) (string, error) {
	s = strings.TrimSpace(s)
	if rest, ok := cutPrefixFold(s, "tel:"); ok {
		s = strings.ReplaceAll(rest, "%23", "#")
	}
	var b strings.Builder
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9', r == '*', r == '#':
			b.WriteRune(r)
			digits++
		case r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case strings.ContainsRune(" -.()/\u00a0\u2010\u2011\u2013", r):
		default:
			return "", api.InvalidField("data", "must be a telephone number, such as +82 2 1234 5678")
		}
	}
	if digits == 0 || digits > maxDigits {
		return "", api.InvalidField("data", "must be a telephone number, such as +82 2 1234 5678")
	}
	return b.String(), nil
}

// percent escapes every byte but RFC 3986's unreserved ones and those of keep.
func percent(s, keep string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', strings.IndexByte("-._~"+keep, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// lines writes every kind of line end as "\n".
func lines(s string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
