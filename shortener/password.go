package shortener

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of a password hash: RFC 9106 section 4, with the memory of the
// OWASP cheat sheet's first choice so that many at once fit a small machine.
const (
	argonTime    = 2
	argonMemory  = 19 * 1024 // KiB
	argonThreads = 1
	argonKey     = 32
)

// hashSlots bounds how many passwords are hashed at once: each takes 19 MiB.
var hashSlots = make(chan struct{}, 8)

// HashPassword returns the argon2id hash of a password in PHC format. It waits
// for its turn; an error is that of the context.
func HashPassword(ctx context.Context, password string) (string, error) {
	select {
	case hashSlots <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-hashSlots }()
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails since Go 1.24
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	return formatHash(salt, key), nil
}

// errPasswordHash says that a hash cannot be read. It holds nothing of it.
var errPasswordHash = errors.New("the password hash cannot be read")

// The most that a hash may ask for: more than HashPassword ever has, and less
// than what would stop the machine.
const (
	maxArgonTime    = 16
	maxArgonMemory  = 256 * 1024 // KiB
	maxArgonThreads = 16
)

// VerifyPassword reports whether the password is the one that the hash, in PHC
// format, was made from. It waits for its turn like HashPassword; an error is
// that of the context, or says that the hash is none of argon2id.
func VerifyPassword(ctx context.Context, hash, password string) (bool, error) {
	h, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	select {
	case hashSlots <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() { <-hashSlots }()
	got := argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, uint32(len(h.key))) //nolint:gosec // At most 64.
	return subtle.ConstantTimeCompare(got, h.key) == 1, nil
}

// IsPasswordHash reports whether VerifyPassword can read the hash.
func IsPasswordHash(hash string) bool {
	_, err := parseHash(hash)
	return err == nil
}

// UnknownPassword returns a hash that is of no password that anybody knows: what
// was protected stays so until it is given a new one.
func UnknownPassword() string {
	var random [16 + argonKey]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	return formatHash(random[:16], random[16:])
}

// passwordHash is what a hash in PHC format says.
type passwordHash struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

func formatHash(salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

func parseHash(hash string) (h passwordHash, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errPasswordHash
	}
	if _, err := fmt.Sscanf(parts[3]+"\n", "m=%d,t=%d,p=%d\n", &h.memory, &h.time, &h.threads); err != nil {
		return h, errPasswordHash
	}
	if h.memory > maxArgonMemory || h.time < 1 || h.time > maxArgonTime || h.threads < 1 || h.threads > maxArgonThreads {
		return h, errPasswordHash
	}
	b64 := base64.RawStdEncoding.Strict()
	if h.salt, err = b64.DecodeString(parts[4]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return h, errPasswordHash
	}
	if h.key, err = b64.DecodeString(parts[5]); err != nil || len(h.key) < 16 || len(h.key) > 64 {
		return h, errPasswordHash
	}
	return h, nil
}
