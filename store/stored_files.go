package store

import (
	"context"
	"encoding/json"

	"github.com/linkquay/linkquay/shortener"
)

// StoredFiles returns the names of all files that links know: uploads and the
// logos of QR codes.
func (s *Store) StoredFiles(ctx context.Context) (map[string]bool, error) {
	known := map[string]bool{}
	rows, err := s.pools.lists.QueryContext(ctx, `SELECT l.options FROM uploads u JOIN links l ON l.id = u.link_id
		UNION ALL SELECT l.options FROM qr_codes q JOIN links l ON l.id = q.link_id`)
	if err == nil {
		err = scanRows(rows, func(r row) error {
			var text []byte
			if err := r.Scan(&text); err != nil {
				return err
			}
			var options shortener.Options
			if err := json.Unmarshal(text, &options); err != nil {
				return err
			}
			if options.File != nil {
				known[options.File.Stored] = true
			}
			if options.QR != nil && options.QR.LogoFile != "" {
				known[options.QR.LogoFile] = true
			}
			return nil
		})
	}
	if err != nil {
		return nil, codedError("listing files", err)
	}
	return known, nil
}
