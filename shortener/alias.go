package shortener

import (
	"crypto/rand"

	"github.com/linkquay/linkquay/api"
)

const (
	// randomLength is the length of a random alias in characters: 58^7 is 2.2
	// million million, so that guessing one finds nothing.
	randomLength = 7

	// minAlias and maxAlias bound an alias in characters, as the API documents.
	minAlias = 3
	maxAlias = 49

	base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
)

// randomAlias returns n characters of base58 from crypto/rand.
func randomAlias(n int) string {
	out := make([]byte, 0, n)
	var buf [32]byte
	for len(out) < n {
		// Since Go 1.24 Read never fails: the program ends where the system
		// has no randomness.
		_, _ = rand.Read(buf[:])
		for _, b := range buf {
			// 232 is 4 × 58: what lies above would favour the first characters.
			if b < 232 && len(out) < n {
				out = append(out, base58[b%58])
			}
		}
	}
	return string(out)
}

// IsAlias reports whether s could be an alias: 3 to 49 characters of
// [A-Za-z0-9_-].
func IsAlias(s string) bool {
	if len(s) < minAlias || len(s) > maxAlias {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// checkAlias returns an error in the product's words for an alias that a link
// cannot have.
func (s *Shortener) checkAlias(alias string) error {
	switch {
	case len(alias) < minAlias:
		return api.InvalidField("custom", "Custom alias must be at least 3 characters.")
	case len(alias) > maxAlias:
		return api.InvalidField("custom", "Custom alias must be less than 50 characters.")
	case !IsAlias(alias):
		return api.InvalidField("custom", "may hold letters, digits, - and _ only")
	case s.cfg.Reserved(alias):
		return aliasConflict("That alias is reserved. Please choose another one.")
	}
	return nil
}

var errAliasTaken = aliasConflict("That alias is taken. Please choose another one.")

func aliasConflict(message string) *api.Error {
	return &api.Error{Code: api.Conflict, Message: message, Fields: []api.FieldError{{Field: "custom", Message: message}}}
}
