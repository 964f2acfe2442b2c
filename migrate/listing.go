package migrate

import (
	"crypto/sha256"
	"encoding/json"
	"slices"

	"github.com/linkquay/linkquay/adapters"
)

// listingLength is how much of the hash is kept: there are a million rows of a
// move, and nobody gains by making two of them alike.
const listingLength = 16

// Listing returns a hash of what a record from a list says of its object, its
// clicks aside, by which a later list tells what has changed. It does not depend
// on the order of Document's members.
func Listing(r *adapters.Record) []byte {
	var document any
	if json.Unmarshal(r.Document, &document) != nil {
		document = string(r.Document)
	}
	channels := slices.Clone(r.Channels)
	slices.Sort(channels)
	said := struct {
		Document  any
		ShortURL  string
		Channels  []int64 `json:",omitempty"`
		Hash      string
		Protected bool
	}{document, r.ShortURL, channels, r.PasswordHash, r.Protected}
	text, err := json.Marshal(said)
	if err != nil {
		text = r.Document // It came from JSON, so this cannot happen.
	}
	sum := sha256.Sum256(text)
	return sum[:listingLength]
}
