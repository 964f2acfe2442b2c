package keys

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
)

func TestRing_Signed(t *testing.T) {
	const plain api.Secret = "partner-key-0123456789"
	now := time.Unix(1_800_000_000, 0)
	secret := []byte("the instance's own secret")
	ring, err := NewRing(Config{
		Configured: []Record{
			{Name: "partner", Hash: Hash(plain)},
			{Name: "old", Hash: Hash("old-key-0123456789"), Expires: now.Add(-time.Hour)},
			{Name: "revoked", Hash: Hash("revoked-key-0123456789"), Revoked: now.Add(-time.Hour)},
		},
		Secret: secret,
		Now:    func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	token := Token(secret, Hash(plain)).Reveal()
	if len(token) != 32 || token == Token([]byte("another"), Hash(plain)).Reveal() {
		t.Fatalf("the token %q is not of the secret", token)
	}
	at := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	md := func(s string) string { sum := md5.Sum([]byte(s)); return hex.EncodeToString(sum[:]) }
	s2 := func(s string) string { sum := sha256.Sum256([]byte(s)); return hex.EncodeToString(sum[:]) }
	s5 := func(s string) string { sum := sha512.Sum512([]byte(s)); return hex.EncodeToString(sum[:]) }
	for _, c := range []struct {
		name                string
		value, signed, hash string
		opens               bool
	}{
		{"Key", plain.Reveal(), "", "", true},
		{"Token", token, "", "", true},
		{"Unknown", "0123456789abcdef0123456789abcdef", "", "", false},
		{"Empty", "", "", "", false},
		{"MD5", md(at(0) + token), at(0), "md5", true},
		{"MD5TokenFirst", md(token + at(0)), at(0), "md5", true},
		{"SHA256", s2(at(0) + token), at(0), "sha256", true},
		{"SHA512", s5(token + at(0)), at(0), "sha512", true},
		{"OtherHash", md(at(0) + token), at(0), "sha256", false},
		{"UnknownHash", md(at(0) + token), at(0), "crc32", false},
		{"OtherTime", md(at(0) + token), at(time.Second), "md5", false},
		{"Yesterday", md(at(-13*time.Hour) + token), at(-13 * time.Hour), "md5", false},
		{"ThisMorning", md(at(-11*time.Hour) + token), at(-11 * time.Hour), "md5", true},
		{"Tomorrow", md(at(13*time.Hour) + token), at(13 * time.Hour), "md5", false},
		// Else a stranger has a text of any length hashed with every token.
		{"PaddedTime", md(strings.Repeat("0", 20) + at(0) + token), strings.Repeat("0", 20) + at(0), "md5", false},
		{"UpperCase", strings.ToUpper(md(at(0) + token)), at(0), "md5", true},
		{"NoTime", md("now" + token), "now", "md5", false},
		{"OfTheKey", md(at(0) + plain.Reveal()), at(0), "md5", false},
		{"Expired", Token(secret, Hash("old-key-0123456789")).Reveal(), "", "", false},
		{"Revoked", Token(secret, Hash("revoked-key-0123456789")).Reveal(), "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, err := ring.Signed(&api.Signature{Value: api.Secret(c.value), Signed: c.signed, Hash: c.hash})
			if c.opens && (err != nil || key.Name != "partner") || !c.opens && api.AsError(err).Code != api.Unauthorized {
				t.Errorf("Signed = %+v, %v; want it to open: %v", key, err, c.opens)
			}
		})
	}
}
