package shortener

import (
	"context"
	"errors"
	"reflect"

	"github.com/linkquay/linkquay/api"
)

// aliasAttempts is how many random aliases are tried before giving up; each
// conflict makes the next one a character longer.
const aliasAttempts = 5

// Create checks the link, gives it a random alias where it has none, and stores
// it. The password, unless it is empty, is hashed once all else is fine.
// host is where short links stand for this request, as api.HostOf returns it; a
// link may not lead there. Where the same request was made before, or where
// Config.Duplicates or how.Reuse is set and another link does as well, that one is
// read into l and reported. Codes: Invalid, Conflict for an alias that is taken or
// reserved.
func (s *Shortener) Create(ctx context.Context, l *Link, password, host string, how Creation) (existing bool, err error) {
	l.Kind = KindLink
	l.Plain = isPlain(l, password)
	how.Reuse = (how.Reuse || s.cfg.Duplicates) && l.Plain
	if err := s.prepare(ctx, l, password, host); err != nil {
		return false, err
	}
	return s.place(ctx, l, func() (bool, error) { return s.cfg.Store.CreateLink(ctx, l, how) })
}

// isPlain reports whether nothing but the destination and the domain was asked
// for.
func isPlain(l *Link, password string) bool {
	rest := *l
	rest.Account, rest.Domain, rest.URL, rest.Kind, rest.Plain = "", "", "", "", false
	if rest.Type == TypeDirect {
		rest.Type = ""
	}
	// Sent empty is the same as not sent.
	if len(rest.Channels) == 0 {
		rest.Channels = nil
	}
	rest.Options = rest.Options.compact()
	return password == "" && reflect.ValueOf(rest).IsZero()
}

// compact makes lists without an entry nil.
func (o Options) compact() Options {
	if len(o.Geo) == 0 {
		o.Geo = nil
	}
	if len(o.Devices) == 0 {
		o.Devices = nil
	}
	if len(o.Languages) == 0 {
		o.Languages = nil
	}
	if len(o.Parameters) == 0 {
		o.Parameters = nil
	}
	if len(o.Pixels) == 0 {
		o.Pixels = nil
	}
	return o
}

// prepare checks a new link of any kind and hashes its password.
func (s *Shortener) prepare(ctx context.Context, l *Link, password, host string) error {
	if l.Type == "" {
		l.Type = TypeDirect
	}
	if l.Domain != "" && !s.owns(l.Account, l.Domain) {
		// Another process may have registered it a moment ago.
		if err := s.cfg.Domains.refreshIfChanged(ctx, s.cfg.Store); err != nil {
			return err
		}
	}
	if err := s.check(l, &Link{}, host); err != nil {
		return err
	}
	if l.Alias != "" {
		if err := s.checkAlias(l.Alias); err != nil {
			return err
		}
	}
	if password == "" {
		return nil
	}
	var err error
	l.PasswordHash, err = HashPassword(ctx, password)
	return err
}

// place creates what stands at the link's alias, with random aliases until one
// is free where it has none.
func (s *Shortener) place(ctx context.Context, l *Link, create func() (existing bool, err error)) (existing bool, err error) {
	if l.Alias != "" {
		existing, err = create()
		return existing, s.placed(l, err)
	}
	for i := range aliasAttempts {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if l.Alias = randomAlias(randomLength + i); s.cfg.Reserved(l.Alias) {
			continue
		}
		if existing, err = create(); !isTaken(err) {
			return existing, s.placed(l, err)
		}
	}
	l.Alias = ""
	return false, &api.Error{Code: api.Unavailable, Message: "No free alias was found. Please try again.", Err: err}
}

// placed lets a new link be found at once where visitors have asked for it
// before.
func (s *Shortener) placed(l *Link, err error) error {
	if err == nil {
		s.cfg.Index.Remove(l.Domain, l.Alias)
	}
	return err
}

// isTaken reports whether err says that the alias is taken. A conflict about
// anything else would meet the next alias too.
func isTaken(err error) bool {
	e, ok := errors.AsType[*api.Error](err)
	if !ok || e.Code != api.Conflict {
		return false
	}
	return len(e.Fields) > 0 && e.Fields[0].Field == "custom"
}

func isCode(err error, code api.Code) bool {
	e, ok := errors.AsType[*api.Error](err)
	return ok && e.Code == code
}
