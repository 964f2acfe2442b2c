package migrate

import (
	"context"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// Place is a backend as a move reads and writes it: in the contract's terms,
// with an account's eyes.
type Place struct {
	// Name is that of Move.Source or Move.Target.
	Name string

	// Backend answers, with what it lacks added. Where it is also an
	// adapters.Exporter or an adapters.Importer, that is used.
	Backend adapters.Backend

	// Account owns the objects.
	Account string

	// Origin is the scheme and host of short URLs on the place's main domain.
	Origin string

	// Domains are hosts of branded domains that are known from the configuration,
	// beside those that the backend lists. Links on any other host stand on the
	// provider's own domain.
	Domains []string

	// Zone is that of the times without one in the backend's replies.
	Zone *time.Location

	// Rate is what the backend allows, for estimates; the zero value means any
	// number.
	Rate api.Rate

	// Aliases are links that the backend has and cannot list, nil for none.
	Aliases []Alias

	// Locate asks a public short URL where it leads, without following it; nil
	// where nobody may ask. It is for Aliases without a destination.
	Locate func(ctx context.Context, address string) (string, error)

	// Brief says that links are read without what takes further calls to find out:
	// their campaign and channels stay untold where the link itself does not tell
	// them.
	Brief bool

	// seen is what reading has come by.
	seen seen
}

// Alias is a link that is known from a file.
type Alias struct {
	// ShortURL is its address.
	ShortURL string

	// URL is its destination, empty where the file has none.
	URL string

	// Title and Created are empty and zero where the file has none.
	Title   string
	Created time.Time
}

// call makes a call of the place's account.
func (p *Place) call(op api.Operation) *api.Call {
	return &api.Call{
		Operation: op,
		Origin:    p.Origin,
		Key: &api.Key{
			ID:      "migrate",
			Name:    "migrate",
			Account: p.Account,
			Backend: p.Name,
			Scopes:  api.ScopeAdmin,
		},
	}
}
