package geoip

import (
	"errors"
	"net/netip"
	"sync"

	"github.com/oschwald/maxminddb-golang/v2"
)

// reader is one state of the file.
type reader struct {
	db *maxminddb.Reader
	// path leads to the code in the record of a network.
	path []any
}

// paths are where the makers of databases put the code: MaxMind and DB-IP at
// the first, databases made of flat tables at the others.
var paths = [][]any{{"country", "iso_code"}, {"country_code"}, {"country"}}

// probes is how many networks are looked at for a code. Some have none.
const probes = 10_000

func newReader(data []byte) (*reader, error) {
	db, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, err
	}
	n := 0
	for result := range db.Networks() {
		if err := result.Err(); err != nil {
			return nil, err
		}
		for _, path := range paths {
			var code string
			if result.DecodePath(&code, path...) == nil && len(code) == 2 {
				return &reader{db: db, path: path}, nil
			}
		}
		if n++; n >= probes {
			break
		}
	}
	return nil, errors.New("it holds no country codes")
}

// codes are strings to decode into: one on the stack would escape.
var codes = sync.Pool{New: func() any { return new(string) }}

func (r *reader) country(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	code := codes.Get().(*string)
	defer codes.Put(code)
	*code = ""
	// A record that is damaged is one that is not known.
	if r.db.Lookup(addr.Unmap()).DecodePath(code, r.path...) != nil {
		return ""
	}
	return *code
}
