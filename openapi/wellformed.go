package openapi

import (
	"bytes"
	"encoding/json"
	"sync"
	"unicode/utf8"

	"github.com/linkquay/linkquay/api"
)

// maxDepth is how deep arrays and objects of a body may be nested. The
// contract's own documents need 4.
const maxDepth = 32

// WellFormed reports whether a body is exactly one JSON value that every
// reader understands alike: in valid UTF-8, no key twice in one object, arrays
// and objects at most 32 deep, no half of a surrogate pair, and no NUL
// character, which PostgreSQL cannot store. The error is an *api.Error of code
// Invalid. An empty body is not JSON.
//
// Other parsers of the gateway recurse and take the last, or the first, of
// equal keys, so that nothing else may read a body before.
func WellFormed(body []byte) error {
	if !utf8.Valid(body) {
		return api.Errorf(api.Invalid, "The body is not valid UTF-8.")
	}
	s := scanners.Get().(*scanner)
	s.body, s.keys = body, s.buffer[:0]
	err := s.scan()
	*s = scanner{} // Keeps no body alive.
	scanners.Put(s)
	if err != nil {
		return err
	}
	return nil
}

var scanners = sync.Pool{New: func() any { return new(scanner) }}

// scanner walks a body once, without recursion and mostly without allocating.
type scanner struct {
	body []byte
	at   int

	// open holds the arrays and objects around the current position, and keys
	// the keys of all of those objects, innermost last.
	open   [maxDepth]frame
	depth  int
	keys   [][]byte
	buffer [32][]byte
}

// frame is one array or object.
type frame struct {
	object bool
	first  int // Index of its first key.
	index  map[string]struct{}
}

// scan reads the one value and what follows it.
func (s *scanner) scan() *api.Error {
	for {
		opened, err := s.value()
		if err != nil {
			return err
		}
		if opened {
			continue
		}
		more, err := s.afterValue()
		if err != nil || !more {
			return err
		}
	}
}

// value reads a scalar, an empty array or object, or the beginning of another
// one up to its first value; it reports whether a value must follow.
func (s *scanner) value() (opened bool, err *api.Error) {
	switch c := s.next(); c {
	case '{', '[':
		if s.depth == maxDepth {
			return false, api.Errorf(api.Invalid, "The body is nested more than %d levels deep.", maxDepth)
		}
		s.at++
		s.open[s.depth] = frame{object: c == '{', first: len(s.keys)}
		s.depth++
		if c := s.next(); c == '}' || c == ']' {
			return false, nil // afterValue closes it, or finds that it does not match.
		}
		if c == '{' {
			return true, s.key()
		}
		return true, nil
	case '"':
		_, err = s.text()
		return false, err
	case 't':
		return false, s.literal("true")
	case 'f':
		return false, s.literal("false")
	case 'n':
		return false, s.literal("null")
	default:
		return false, s.number()
	}
}

// afterValue reads what may follow a value; it reports whether another value
// must follow.
func (s *scanner) afterValue() (more bool, err *api.Error) {
	for s.depth > 0 {
		top := &s.open[s.depth-1]
		switch c := s.next(); {
		case c == ',':
			s.at++
			if top.object {
				return true, s.key()
			}
			return true, nil
		case c == '}' && top.object, c == ']' && !top.object:
			s.at++
			s.keys = s.keys[:top.first]
			top.index = nil
			s.depth--
		default:
			return false, s.fault()
		}
	}
	s.next()
	if s.at < len(s.body) {
		return false, s.fault()
	}
	return false, nil
}

// key reads a key and its colon.
func (s *scanner) key() *api.Error {
	if s.next() != '"' {
		return s.fault()
	}
	start := s.at
	escaped, err := s.text()
	if err != nil {
		return err
	}
	name := s.body[start+1 : s.at-1]
	if escaped {
		var plain string
		if err := json.Unmarshal(s.body[start:s.at], &plain); err != nil {
			return s.fault()
		}
		name = []byte(plain)
	}
	if s.known(name) {
		return api.Errorf(api.Invalid, "The body names %s twice in one object.", keyName(string(name)))
	}
	if s.next() != ':' {
		return s.fault()
	}
	s.at++
	return nil
}

// known reports whether the innermost object has the key already, and adds it.
func (s *scanner) known(name []byte) bool {
	top := &s.open[s.depth-1]
	siblings := s.keys[top.first:]
	s.keys = append(s.keys, name)
	// Comparing with each sibling costs nothing for the contract's documents,
	// and minutes for a million keys.
	if len(siblings) < cap(s.buffer) {
		for _, sibling := range siblings {
			if bytes.Equal(sibling, name) {
				return true
			}
		}
		return false
	}
	if top.index == nil {
		top.index = make(map[string]struct{}, 2*len(siblings))
		for _, sibling := range siblings {
			top.index[string(sibling)] = struct{}{}
		}
	}
	if _, ok := top.index[string(name)]; ok {
		return true
	}
	top.index[string(name)] = struct{}{}
	return false
}

// next skips white space and returns the byte behind it, 0 at the end.
func (s *scanner) next() byte {
	for s.at < len(s.body) {
		switch c := s.body[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// fault is the error about the current position.
func (s *scanner) fault() *api.Error {
	if s.at >= len(s.body) {
		return api.Errorf(api.Invalid, "The body is not valid JSON: it ends too early.")
	}
	return api.Errorf(api.Invalid, "The body is not valid JSON at byte %d.", s.at+1)
}
