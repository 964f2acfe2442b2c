package openapi

import (
	"regexp"
	"strings"
)

// The patterns of openapi.yaml that nearly every request meets. A regular
// expression takes ten times as long as the functions below, each of which a
// test holds against its own.
const (
	uri      = `[A-Za-z][A-Za-z0-9+.-]*:[^\u0000-\u0020\u007F-\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF]+`
	alias    = `[A-Za-z0-9_-]*`
	linkType = `(?:direct|frame|splash|[1-9][0-9]{0,14}|overlay-[1-9][0-9]{0,14})`
	label    = `[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?`
	host     = `(?:https?://)?` + label + `(?:\.` + label + `)*(?::[0-9]{1,5})?/?`
	clock    = `(?:[01][0-9]|2[0-3]):[0-5][0-9]`
	expiry   = `[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:[ T]` + clock + `(?::[0-5][0-9])?|T` +
		clock + `:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-]` + clock + `))?`
)

// matchers are by the exact text of the pattern: one that is changed in
// openapi.yaml is a regular expression again.
var matchers = map[string]func(string) bool{
	`^` + uri + `$`:         isURI,
	`^(` + uri + `)?$`:      func(s string) bool { return s == "" || isURI(s) },
	`^` + alias + `$`:       isAlias,
	`^` + linkType + `$`:    isLinkType,
	`^` + host + `$`:        isHost,
	`^` + expiry + `$`:      isExpiry,
	`^(?:` + expiry + `)?$`: func(s string) bool { return s == "" || isExpiry(s) },
}

// codePoint is an escape of ECMA 262, which Go spells another way.
var codePoint = regexp.MustCompile(`\\u([0-9A-F]{4})`)

// matcher returns what tells whether a text has the pattern, nil without one.
func matcher(pattern string) (matches func(string) bool, ok bool) {
	if pattern == "" {
		return nil, true
	}
	if matches, ok := matchers[pattern]; ok {
		return matches, true
	}
	re, err := regexp.Compile(codePoint.ReplaceAllString(pattern, `\x{$1}`))
	if err != nil {
		return nil, false
	}
	return re.MatchString, true
}

func isURI(s string) bool {
	scheme, rest, _ := strings.Cut(s, ":")
	if scheme == "" || rest == "" || !isLetter(scheme[0]) {
		return false
	}
	for i := 1; i < len(scheme); i++ {
		if c := scheme[i]; !isLetter(c) && !isDigit(c) && c != '+' && c != '.' && c != '-' {
			return false
		}
	}
	for _, r := range rest {
		if r <= 0x20 || r >= 0x7F && isWideSpace(r) {
			return false
		}
	}
	return true
}

// isWideSpace reports whether a character from U+007F is a control character or
// a space.
func isWideSpace(r rune) bool {
	switch r {
	case 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
		return true
	}
	return r <= 0xA0 || r >= 0x2000 && r <= 0x200A
}

func isAlias(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && !isDigit(c) && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func isLinkType(s string) bool {
	if s == "direct" || s == "frame" || s == "splash" {
		return true
	}
	s = strings.TrimPrefix(s, "overlay-")
	return areDigits(s, 1, 15) && s[0] != '0'
}

func isHost(s string) bool {
	if rest, ok := strings.CutPrefix(s, "http://"); ok {
		s = rest
	} else {
		s = strings.TrimPrefix(s, "https://")
	}
	s, port, ok := strings.Cut(strings.TrimSuffix(s, "/"), ":")
	if ok && !areDigits(port, 1, 5) {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if len(label) < 1 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if !isAlias(label) || strings.IndexByte(label, '_') >= 0 {
			return false
		}
	}
	return true
}

// isExpiry takes a date, a date and a time, or both and a zone.
func isExpiry(s string) bool {
	if len(s) < 10 || !areDigits(s[:4], 4, 4) || s[4] != '-' || !isWithin(s[5:7], 1, 12) || s[7] != '-' || !isWithin(s[8:10], 1, 31) {
		return false
	}
	if s = s[10:]; s == "" {
		return true
	}
	divider, s := s[0], s[1:]
	s, ok := cutClock(s)
	if !ok || divider != 'T' && divider != ' ' {
		return false
	}
	if s == "" {
		return true
	}
	if len(s) < 3 || s[0] != ':' || !isWithin(s[1:3], 0, 59) {
		return false
	}
	if s = s[3:]; s == "" {
		return true
	}
	return divider == 'T' && isZoned(s)
}

// isZoned takes what follows the seconds: their fraction, which can be missing,
// and a zone.
func isZoned(s string) bool {
	if s[0] == '.' {
		zone := strings.TrimLeft(s[1:], "0123456789")
		if digits := len(s) - 1 - len(zone); digits < 1 || digits > 9 {
			return false
		}
		s = zone
	}
	if s == "Z" {
		return true
	}
	if s == "" || s[0] != '+' && s[0] != '-' {
		return false
	}
	rest, ok := cutClock(s[1:])
	return ok && rest == ""
}

// cutClock takes an hour and a minute off the front.
func cutClock(s string) (rest string, ok bool) {
	if len(s) < 5 || !isWithin(s[:2], 0, 23) || s[2] != ':' || !isWithin(s[3:5], 0, 59) {
		return "", false
	}
	return s[5:], true
}

// isWithin reports whether two characters are the digits of such a number.
func isWithin(s string, least, most int) bool {
	if !isDigit(s[0]) || !isDigit(s[1]) {
		return false
	}
	n := int(s[0]-'0')*10 + int(s[1]-'0')
	return least <= n && n <= most
}

// areDigits reports whether a text is so many digits.
func areDigits(s string, least, most int) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return least <= len(s) && len(s) <= most
}

func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
