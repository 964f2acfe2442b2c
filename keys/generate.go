package keys

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/linkquay/linkquay/api"
)

const (
	// Prefix begins every key that we make, so that secret scanners and people
	// recognise it.
	Prefix = "lq_"

	// randomLength is the number of random characters: 178 bits.
	randomLength = 30

	// checksumLength is the number of characters that hold a CRC-32.
	checksumLength = 6

	// minConfigured is the shortest key that may be configured, maxCredential
	// the longest that is looked at.
	minConfigured = 16
	maxCredential = 512

	// minForwarded spares a backend what no site gives out as a key.
	minForwarded = 8

	base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// Generate returns a new key: a prefix, 178 random bits and a checksum.
func Generate() (api.Secret, error) {
	key := make([]byte, 0, len(Prefix)+randomLength+checksumLength)
	key = append(key, Prefix...)
	var random [64]byte
	for len(key) < len(Prefix)+randomLength {
		if _, err := rand.Read(random[:]); err != nil {
			return "", fmt.Errorf("generating key: %w", err)
		}
		for _, b := range random {
			// 248 is the largest multiple of 62 in a byte: what lies above would
			// favour the first characters.
			if b < 248 && len(key) < len(Prefix)+randomLength {
				key = append(key, base62[b%62])
			}
		}
	}
	return api.Secret(append(key, checksum(key)...)), nil
}

// WellFormed reports whether the key may be one that Generate made. It tells a
// mistyped or truncated key from an unknown one without any lookup; it proves
// nothing.
func WellFormed(key api.Secret) bool {
	k := key.Reveal()
	body, ok := strings.CutPrefix(k, Prefix)
	if !ok || len(body) != randomLength+checksumLength {
		return false
	}
	for i := range len(body) {
		if strings.IndexByte(base62, body[i]) < 0 {
			return false
		}
	}
	end := len(k) - checksumLength
	return subtle.ConstantTimeCompare(checksum([]byte(k[:end])), []byte(k[end:])) == 1
}

// Hash returns the SHA-256 of the key, which is all that is kept of it.
func Hash(key api.Secret) [32]byte { return sha256.Sum256([]byte(key)) }

// CheckConfigured returns an error where the key cannot be configured under
// the name: it is empty, shorter than 16 or longer than 512 characters, or has
// one that does not travel in a header. The error does not show the key.
func CheckConfigured(name string, key api.Secret) error {
	k := key.Reveal()
	switch {
	case name == "":
		return fmt.Errorf("a key needs a name")
	case k == "":
		return fmt.Errorf("key %q is empty: is its environment variable set?", name)
	case len(k) < minConfigured:
		return fmt.Errorf("key %q is too short: it needs %d characters at least", name, minConfigured)
	case len(k) > maxCredential:
		return fmt.Errorf("key %q is too long: it may have %d characters at most", name, maxCredential)
	case !printable(k):
		return fmt.Errorf("key %q has a space, a control character or one outside of ASCII, which no client can send", name)
	}
	return nil
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func checksum(b []byte) []byte {
	sum := crc32.ChecksumIEEE(b)
	var out [checksumLength]byte
	for i := checksumLength - 1; i >= 0; i-- {
		out[i] = base62[sum%62]
		sum /= 62
	}
	return out[:]
}
