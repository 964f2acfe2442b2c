package store

import "github.com/linkquay/linkquay/shortener"

var uploads = withLinkedStatements(linkedTable[shortener.Upload]{
	name:    "uploads",
	kind:    shortener.KindFile,
	parts:   func(u *shortener.Upload) (*int64, *shortener.Link) { return &u.ID, &u.Link },
	missing: "File not found. Please try again.",
})

// Uploads keeps uploaded files.
func (s *Store) Uploads() shortener.Objects[shortener.Upload] {
	return linked[shortener.Upload]{s, uploads}
}
