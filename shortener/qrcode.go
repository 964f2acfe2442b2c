package shortener

import (
	"context"
	"encoding/json"

	"github.com/linkquay/linkquay/api"
)

// qrLink is the type of a QR code that leads to a destination.
const qrLink = "link"

// CreateQRCode checks the code and stores it with the link that it leads
// through, which gets a random alias. What the code holds is in
// q.Link.Options.QR; where that is a link, it becomes the link's destination.
// once may be nil; a repeated request reads the first one's code into q. Codes:
// those of Create, about the field "data".
func (s *Shortener) CreateQRCode(ctx context.Context, q *QRCode, host string, once *Once) (repeated bool, err error) {
	l := &q.Link
	l.Kind, l.Plain = KindQR, false
	if err := l.followQR(); err != nil {
		return false, err
	}
	if err := s.prepare(ctx, l, "", host); err != nil {
		return false, qrError(err)
	}
	return s.place(ctx, l, func() (bool, error) { return s.cfg.Store.QRCodes().Create(ctx, q, once) })
}

// UpdateQRCode changes a QR code of the account in the way of Update.
func (s *Shortener) UpdateQRCode(ctx context.Context, account string, id int64, host string, change func(q *QRCode) error) (*QRCode, error) {
	before, after, err := s.cfg.Store.QRCodes().Update(ctx, account, id, func(q *QRCode) error {
		return qrError(s.changed(&q.Link, host, func(l *Link) error {
			if err := change(q); err != nil {
				return err
			}
			return l.followQR()
		}))
	})
	if err != nil {
		return nil, err
	}
	s.forget(&before.Link, &after.Link)
	return after, nil
}

// DeleteQRCode removes a QR code of the account and returns what it was, so that
// its logo can go too.
func (s *Shortener) DeleteQRCode(ctx context.Context, account string, id int64) (*QRCode, error) {
	q, err := s.cfg.Store.QRCodes().Delete(ctx, account, id)
	if err != nil {
		return nil, err
	}
	s.forget(&q.Link)
	return q, nil
}

// followQR makes the link lead where its QR code does: to the destination that
// a code of type link was made from, else nowhere.
func (l *Link) followQR() error {
	l.URL = ""
	qr := l.Options.QR
	if qr == nil {
		return errQRData
	}
	if qr.Type != qrLink {
		return nil
	}
	if err := json.Unmarshal(qr.Data, &l.URL); err != nil || l.URL == "" {
		return errQRData
	}
	return nil
}

var errQRData = api.InvalidField("data", "Invalid QR format or missing data")

// qrError names the field that a QR code's destination is sent in.
func qrError(err error) error {
	e, ok := err.(*api.Error) //nolint:errorlint // Only what check itself returned is changed.
	if !ok || len(e.Fields) != 1 || e.Fields[0].Field != "url" {
		return err
	}
	return api.InvalidField("data", e.Fields[0].Message)
}
