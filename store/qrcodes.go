package store

import (
	"context"

	"github.com/linkquay/linkquay/shortener"
)

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

// QRCodeOfLink returns the QR code of the account that leads through a link.
func (s *Store) QRCodeOfLink(ctx context.Context, account string, link int64) (*shortener.QRCode, error) {
	var id int64
	err := s.pools.lookups.QueryRowContext(ctx, "SELECT id FROM qr_codes WHERE link_id = ? AND account = ?", link, account).Scan(&id)
	if err != nil {
		return nil, qrCodes.codedError("reading", err)
	}
	return s.QRCodes().Get(ctx, account, id)
}
