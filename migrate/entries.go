package migrate

import (
	"time"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
)

// Abandoned is how old an entry that is not ready is when the write that it is
// of will not end any more.
const Abandoned = time.Minute

// Absorb adds to an entry what one that has ended before says of the same object
// and it does not: field by field, the newer one counts. Since entries carry
// objects as they are, the older one is not needed any more.
func (e *Entry) Absorb(older *Entry) error {
	newer := gjson.ParseBytes(e.Document)
	if e.PasswordHash == "" && !newer.Get(fieldPassword).Exists() {
		e.PasswordHash = older.PasswordHash
	}
	if len(older.Document) == 0 {
		return nil
	}
	document := older.Document
	var err error
	if e.PasswordHash != "" {
		// A password that was taken away before has been set since.
		if document, err = sjson.DeleteBytes(document, fieldPassword); err != nil {
			return err
		}
	}
	newer.ForEach(func(key, v gjson.Result) bool {
		document, err = sjson.SetRawBytes(document, gjson.Escape(key.Str), []byte(v.Raw))
		return err == nil
	})
	if err != nil {
		return err
	}
	e.Document = document
	return nil
}
