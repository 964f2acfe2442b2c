package openapi

import (
	"unicode/utf16"

	"github.com/linkquay/linkquay/api"
)

// literal reads true, false or null.
func (s *scanner) literal(word string) *api.Error {
	end := min(len(s.body), s.at+len(word))
	if string(s.body[s.at:end]) != word {
		return s.fault()
	}
	s.at = end
	return nil
}

// number reads a number as RFC 8259 section 6 spells it.
func (s *scanner) number() *api.Error {
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else if !s.digits() {
		return s.fault()
	}
	if s.peek() == '.' {
		s.at++
		if !s.digits() {
			return s.fault()
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		if !s.digits() {
			return s.fault()
		}
	}
	return nil
}

// peek returns the current byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.at < len(s.body) {
		return s.body[s.at]
	}
	return 0
}

// digits reads digits and reports whether there was one.
func (s *scanner) digits() bool {
	start := s.at
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.at++
	}
	return s.at > start
}

// text reads a string with its quotes and reports whether it has escapes.
func (s *scanner) text() (escaped bool, err *api.Error) {
	s.at++
	for s.at < len(s.body) {
		switch c := s.body[s.at]; {
		case c == '"':
			s.at++
			return escaped, nil
		case c == '\\':
			escaped = true
			if err := s.escape(); err != nil {
				return false, err
			}
		case c < ' ':
			return false, s.fault()
		default:
			s.at++
		}
	}
	return false, s.fault()
}

// escape reads one escape sequence, both halves of a surrogate pair at once.
func (s *scanner) escape() *api.Error {
	s.at++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at++
		return nil
	case 'u':
	default:
		return s.fault()
	}
	r, ok := s.unicode()
	if !ok {
		return s.fault()
	}
	if r == 0 {
		return api.Errorf(api.Invalid, "The body holds a NUL character, which cannot be stored.")
	}
	if !utf16.IsSurrogate(r) {
		return nil
	}
	if s.peek() == '\\' {
		s.at++
		if low, ok := s.unicode(); ok && utf16.DecodeRune(r, low) != '\uFFFD' {
			return nil
		}
	}
	return api.Errorf(api.Invalid, "The body holds half of a surrogate pair.")
}

// unicode reads the u of an escape and its four digits.
func (s *scanner) unicode() (rune, bool) {
	if s.peek() != 'u' {
		return 0, false
	}
	s.at++
	var r rune
	for range 4 {
		switch c := s.peek(); {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
		s.at++
	}
	return r, true
}
