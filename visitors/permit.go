package visitors

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
)

// permitKept is how long a download can be continued.
const permitKept = 24 * time.Hour

// permits make the entity tags of files whose downloads are numbered. Each
// download has a tag of its own, which a client sends back in If-Range to go on
// with it: that is no further download, and nothing else is. The key is the
// process's own: after a restart, going on counts as a download.
type permits struct{ key []byte }

func newPermits() permits {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails since Go 1.24
	return permits{key}
}

// tag returns the entity tag of a new download of a stored file.
func (p permits) tag(stored string, now time.Time) string {
	var head [16]byte
	binary.BigEndian.PutUint64(head[:8], uint64(now.Unix())) //nolint:gosec // After 1970.
	_, _ = rand.Read(head[8:])                               // never fails since Go 1.24
	return `"` + base64.RawURLEncoding.EncodeToString(append(head[:], p.sum(stored, head[:])...)) + `"`
}

// valid reports whether the tag was made for a download of the file that can
// still go on.
func (p permits) valid(tag, stored string, now time.Time) bool {
	text, ok := strings.CutPrefix(tag, `"`)
	text, quoted := strings.CutSuffix(text, `"`)
	b, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || !quoted || err != nil || len(b) < 16 || !hmac.Equal(b[16:], p.sum(stored, b[:16])) {
		return false
	}
	began := time.Unix(int64(binary.BigEndian.Uint64(b[:8])), 0) //nolint:gosec // Written from an int64.
	return now.Sub(began) < permitKept
}

func (p permits) sum(stored string, head []byte) []byte {
	mac := hmac.New(sha256.New, p.key)
	mac.Write(head)
	mac.Write([]byte(stored))
	return mac.Sum(nil)[:16]
}
