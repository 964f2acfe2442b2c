package store

import "github.com/linkquay/linkquay/shortener"

var qrCodes = withLinkedStatements(linkedTable[shortener.QRCode]{
	name:    "qr_codes",
	kind:    shortener.KindQR,
	parts:   func(q *shortener.QRCode) (*int64, *shortener.Link) { return &q.ID, &q.Link },
	missing: "QR code not found. Please try again.",
})

// QRCodes keeps QR codes.
func (s *Store) QRCodes() shortener.Objects[shortener.QRCode] {
	return linked[shortener.QRCode]{s, qrCodes}
}
