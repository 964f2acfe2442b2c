package keys

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // Old clients sign with nothing else.
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"strconv"
	"time"

	"github.com/linkquay/linkquay/api"
)

const (
	// signatureLife is how far the moment of a signature may lie from now.
	signatureLife = 12 * time.Hour

	// tokenLength is that of a signature token, in hexadecimal digits.
	tokenLength = 32

	// maxMoment is how long the moment of a signature can be, in characters: it
	// is a stranger's text, and hashed with every token.
	maxMoment = 20
)

// signatureHashes are the ways to sign.
var signatureHashes = map[string]func() hash.Hash{"md5": md5.New, "sha256": sha256.New, "sha512": sha512.New}

// Token returns the signature token of the key with the hash. It is made of the
// instance's own secret, since of the key itself nothing but the hash is kept.
func Token(secret []byte, keyHash [32]byte) api.Secret {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("signature token\n"))
	h.Write(keyHash[:])
	return api.Secret(hex.EncodeToString(h.Sum(nil))[:tokenLength])
}

// Signed returns the key that the signature is of: one that is the key, or its
// signature token, or a hash of that with a moment at most twelve hours from
// now. The error is an *api.Error of code Unauthorized.
func (r *Ring) Signed(s *api.Signature) (*api.Key, error) {
	if s.Signed != "" {
		return r.timed(s)
	}
	for _, e := range r.current.Load().entries {
		if e.token != "" && subtle.ConstantTimeCompare([]byte(e.token), []byte(s.Value)) == 1 {
			return r.open(e)
		}
	}
	return r.Authenticate(s.Value)
}

// timed looks for the key whose token was hashed with the moment, in either
// order: clients do both.
func (r *Ring) timed(s *api.Signature) (*api.Key, error) {
	newHash, ok := signatureHashes[s.Hash]
	if !ok || len(s.Signed) > maxMoment || len(s.Value) != hex.EncodedLen(newHash().Size()) {
		return nil, unauthorized()
	}
	seconds, err := strconv.ParseInt(s.Signed, 10, 64)
	value, hexErr := hex.DecodeString(s.Value.Reveal())
	if err != nil || hexErr != nil || r.cfg.Now().Sub(time.Unix(seconds, 0)).Abs() > signatureLife {
		return nil, unauthorized()
	}
	for _, e := range r.current.Load().entries {
		if e.token == "" {
			continue
		}
		for _, signed := range []string{s.Signed + e.token.Reveal(), e.token.Reveal() + s.Signed} {
			h := newHash()
			h.Write([]byte(signed))
			if subtle.ConstantTimeCompare(h.Sum(nil), value) == 1 {
				return r.open(e)
			}
		}
	}
	return nil, unauthorized()
}
