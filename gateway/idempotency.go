package gateway

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"maps"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

// maxIdempotencyKey is how long an Idempotency-Key can be, in bytes.
const maxIdempotencyKey = 255

// idempotencyKey returns the Idempotency-Key of a create, empty where there is
// none. One that the backend cannot heed is refused whatever the backend's
// policy: the client would send the request again and rely on it.
func (e *exchange) idempotencyKey(op *openapi.Operation, backend adapters.Backend) (string, error) {
	values := e.r.Header.Values(adapters.IdempotencyKey)
	if !op.Idempotent || len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 {
		return "", api.InvalidField(adapters.IdempotencyKey, "must be given once")
	}
	if !isIdempotencyKey(values[0]) {
		return "", api.InvalidField(adapters.IdempotencyKey, "must be 1 to 255 visible ASCII characters")
	}
	if _, ok := backend.(adapters.Idempotent); !ok {
		field := api.FieldError{Field: adapters.IdempotencyKey, Message: "is not supported by the backend " + strconv.Quote(e.key.Backend)}
		return "", &api.Error{Code: api.Unsupported, Message: api.Sentence(field), Fields: []api.FieldError{field}}
	}
	return values[0], nil
}

func isIdempotencyKey(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxIdempotencyKey
}

// fingerprint is the sum of all that a call asks for. The content of a file is
// not read: its length has to do. Nor is a password, whose hash costs a guesser
// dear where this sum, which is kept as well, would cost nothing.
func fingerprint(call *api.Call) (sum [sha256.Size]byte) {
	h := sha256.New()
	write(h, string(call.Operation))
	write(h, strconv.FormatInt(call.Path.ID, 10))
	write(h, strconv.FormatInt(call.Path.ItemID, 10))
	write(h, call.Path.ItemType)
	write(h, call.Path.Filename)
	query := maps.Clone(call.Query)
	if query.Has(password) {
		query.Set(password, "")
	}
	write(h, query.Encode())
	writeValue(h, gjson.ParseBytes(call.Document))
	if call.File != nil {
		write(h, strconv.FormatInt(call.File.Size, 10))
	}
	h.Sum(sum[:0])
	return sum
}

// password is the field whose value is kept out.
const password = "password"

// writeValue adds a document part by part, each behind a letter that tells what
// it is, so that the password of any object in it can be left out.
func writeValue(h hash.Hash, v gjson.Result) {
	if !v.IsObject() && !v.IsArray() {
		write(h, "v"+v.Raw)
		return
	}
	write(h, "b"+v.Raw[:1])
	v.ForEach(func(key, member gjson.Result) bool {
		if v.IsObject() {
			write(h, "k"+key.Str)
		}
		if key.Str != password || v.IsArray() {
			writeValue(h, member)
		}
		return true
	})
	write(h, "e")
}

// write adds a part behind its length, so that no two lists of parts are one
// text.
func write(h hash.Hash, part string) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(part)))
	// A hash never fails.
	_, _ = h.Write(length[:])
	_, _ = h.Write([]byte(part))
}
