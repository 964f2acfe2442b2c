package reconcile

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
)

// fingerprint tells requests apart: by the document, whatever the order of its
// members, and the site's user where callers bring their own keys.
//
// The value of a password is left out, because a fast hash of one must not be
// kept. So the same request with another password counts as the same: whoever
// types it anew after a failure does not want two links. The answer says that
// the link has the first one.
func fingerprint(call *api.Call, document []byte) [32]byte {
	type member struct{ name, raw string }
	var buf [32]member
	members := buf[:0]
	gjson.ParseBytes(document).ForEach(func(name, value gjson.Result) bool {
		m := member{name.Str, value.Raw}
		if m.name == "password" {
			m.raw = "true"
		}
		members = append(members, m)
		return true
	})
	slices.SortStableFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	text := make([]byte, 0, len(document)+256)
	write := func(s string) {
		text = binary.AppendUvarint(text, uint64(len(s)))
		text = append(text, s...)
	}
	write(call.Key.Forwarded.Reveal())
	for _, m := range members {
		write(m.name)
		write(m.raw)
	}
	return sha256.Sum256(text)
}

var errDoubtful = errors.New("the answer to a create cannot be read")

// Doubtful marks an adapter's own error about an answer that says that
// something was made, but not what.
func Doubtful(e *api.Error) *api.Error {
	marked := *e
	marked.Err = errors.Join(errDoubtful, e.Err)
	return &marked
}

// InDoubt reports whether err leaves open what came of a create: because the
// client has seen no usable answer ([upstream.InDoubt]), or because the adapter
// has not ([Doubtful]).
func InDoubt(err error) bool { return upstream.InDoubt(err) || errors.Is(err, errDoubtful) }
