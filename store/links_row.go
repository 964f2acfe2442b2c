package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/linkquay/linkquay/shortener"
)

// noOptions is what most links have; it need not be decoded.
const noOptions = "{}"

const (
	linkColumns = `l.id, l.kind, l.account, l.domain, l.alias, l.url, l.reuse_key IS NOT NULL, l.type, l.password_hash,
		l.expires, l.public, l.meta_title, l.meta_description, l.meta_image, l.description, l.campaign, l.external_id,
		l.options, c.clicks, c.uniques, c.carried, c.carried_uniques, l.created, l.updated`

	linkTables = " FROM links l JOIN link_clicks c ON c.link_id = l.id"

	selectLink        = "SELECT " + linkColumns + linkTables
	selectLinkByID    = selectLink + " WHERE l.id = ? AND l.account = ? AND l.kind = ''"
	selectLinkByAlias = selectLink + " WHERE l.domain = ? AND l.alias = ?"
)

// scanLink reads a row of linkColumns, and what stands behind them into also.
func scanLink(r row, l *shortener.Link, also ...any) error {
	var options []byte
	err := r.Scan(append([]any{
		&l.ID, (*string)(&l.Kind), &l.Account, &l.Domain, &l.Alias, &l.URL, &l.Plain, &l.Type, &l.PasswordHash,
		momentScanner{&l.Expires},
		&l.Public, &l.MetaTitle, &l.MetaDescription, &l.MetaImage, &l.Description, &l.Campaign, &l.ExternalID,
		&options, &l.Clicks, &l.UniqueClicks, &l.CarriedClicks, &l.CarriedUniques,
		momentScanner{&l.Created},
		momentScanner{&l.Updated},
	}, also...)...)
	if err != nil {
		return err
	}
	if string(options) == noOptions {
		return nil
	}
	if err := json.Unmarshal(options, &l.Options); err != nil {
		return fmt.Errorf("decoding options of link %d: %w", l.ID, err)
	}
	return nil
}

// linkArgs returns what both creating and updating write, in the order of their
// statements. It shares no memory with the link.
func linkArgs(l *shortener.Link) ([]any, error) {
	options, err := json.Marshal(l.Options)
	if err != nil {
		return nil, fmt.Errorf("encoding options: %w", err)
	}
	return []any{
		l.Domain, l.Alias, l.URL, reuseKey(l), l.Type, l.PasswordHash, moment(l.Expires), l.Public,
		l.MetaTitle, l.MetaDescription, l.MetaImage, l.Description, l.Campaign, l.ExternalID,
		string(options), linkSearch(l), moment(l.Updated),
	}, nil
}

// linkSearch returns what a search for the link looks through.
func linkSearch(l *shortener.Link) string {
	switch o := &l.Options; {
	case l.Kind == shortener.KindQR && o.QR != nil:
		return searchText(o.QR.Name)
	case l.Kind == shortener.KindFile && o.File != nil:
		return searchText(o.File.Name)
	}
	return searchText(l.URL, l.Alias, l.MetaTitle)
}

// reuseKey returns the number by which a plain link is found again, NULL for
// another. It is one short number, so that the index is small; what it was
// made from decides.
func reuseKey(l *shortener.Link) sql.NullInt64 {
	if !l.Plain || l.Kind != shortener.KindLink {
		return sql.NullInt64{}
	}
	sum := sha256.Sum256([]byte(l.Account + fieldSeparator + l.Domain + fieldSeparator + l.URL))
	return sql.NullInt64{Int64: int64(binary.BigEndian.Uint64(sum[:])), Valid: true} //nolint:gosec // Any 64 bits will do.
}

// copyOptions returns options that share no memory with o.
func copyOptions(o *shortener.Options) (c shortener.Options, err error) {
	encoded, err := json.Marshal(o)
	if err != nil {
		return c, fmt.Errorf("copying options: %w", err)
	}
	if err := json.Unmarshal(encoded, &c); err != nil {
		return c, fmt.Errorf("copying options: %w", err)
	}
	return c, nil
}
