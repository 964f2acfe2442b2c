package shortener

import (
	"context"

	"github.com/linkquay/linkquay/api"
)

// Import is a link on its way into the store.
type Import struct {
	// Link is what to write. With an ID it replaces that link of KindLink, which
	// keeps its alias where the Link has none. Without one it is added with the
	// dates and counts that it has; where its address is that of a link of the
	// account, of KindLink, that leads to the same destination, it replaces that
	// one. Its Account and Kind need not be set.
	Link Link

	// Keep takes over from the link that is replaced what nobody knows of Link. It
	// must be quick, must not call the store, and may be called again. Nil keeps
	// nothing but Clicks and UniqueClicks.
	Keep func(l, was *Link)
}

// Imported is what became of one Import.
type Imported struct {
	// Link is the link as it is, nil where Err is set.
	Link *Link

	// Was is the link that was replaced, nil where there was none.
	Was *Link

	// Err says why it was not written: those of Store.
	Err *api.Error
}

// ImportLinks checks links and writes them, each on its own. A link without an
// address gets a random alias. What lies in the past may have been said then: an
// expiry is not looked at. Codes: those of Create, and NotFound for an ID that the
// account has not. An error says that none was written.
func (s *Shortener) ImportLinks(ctx context.Context, account, host string, imports []Import) ([]Imported, error) {
	results := make([]Imported, len(imports))
	ready := make([]Import, 0, len(imports))
	places := make([]int, 0, len(imports)) // of those in imports
	random := map[int]bool{}
	for i := range imports {
		in := imports[i]
		in.Link.Account, in.Link.Kind, in.Link.Plain = account, KindLink, false
		if in.Link.Alias == "" && in.Link.ID == 0 {
			random[i] = true
			in.Link.Alias = s.freeAlias(randomLength)
		}
		if err := s.checkImport(ctx, &in.Link, host); err != nil {
			results[i].Err = api.AsError(err)
			continue
		}
		ready, places = append(ready, in), append(places, i)
	}
	for attempt := 1; len(ready) > 0; attempt++ {
		stored, err := s.cfg.Store.ImportLinks(ctx, account, ready)
		if err != nil {
			if attempt == 1 {
				return nil, err
			}
			break
		}
		again := ready[:0]
		taken := places[:0]
		for j, r := range stored {
			i := places[j]
			results[i] = r
			s.imported(&r)
			if random[i] && attempt < aliasAttempts && r.Err != nil && isTaken(r.Err) {
				in := ready[j]
				in.Link.Alias = s.freeAlias(randomLength + attempt)
				again, taken = append(again, in), append(taken, i)
			}
		}
		ready, places = again, taken
	}
	return results, nil
}

// imported makes the next visit read the store.
func (s *Shortener) imported(r *Imported) {
	for _, l := range []*Link{r.Was, r.Link} {
		if l != nil {
			s.forget(l)
		}
	}
}

// freeAlias returns a random alias that is not reserved.
func (s *Shortener) freeAlias(n int) string {
	for {
		if alias := randomAlias(n); !s.cfg.Reserved(alias) {
			return alias
		}
	}
}

func (s *Shortener) checkImport(ctx context.Context, l *Link, host string) error {
	if l.Alias != "" {
		if err := s.checkAlias(l.Alias); err != nil {
			return err
		}
	}
	if l.Type == "" {
		l.Type = TypeDirect
	}
	if l.Domain != "" && !s.owns(l.Account, l.Domain) {
		if err := s.cfg.Domains.refreshIfChanged(ctx, s.cfg.Store); err != nil {
			return err
		}
	}
	if l.PasswordHash != "" && !IsPasswordHash(l.PasswordHash) {
		return api.InvalidField("password", "has a hash that cannot be read")
	}
	return s.check(l, &Link{Expires: l.Expires}, host)
}
