package shortener

import "context"

// Update changes a link of the account, checks it, and stores it. change must
// be quick: other writes wait for it. Codes: those of Create, and NotFound.
func (s *Shortener) Update(ctx context.Context, account string, id int64, host string, change func(l *Link) error) (*Link, error) {
	before, after, err := s.cfg.Store.UpdateLink(ctx, account, id, func(l *Link) error {
		return s.changed(l, host, change)
	})
	if err != nil {
		return nil, err
	}
	s.forget(before, after)
	return after, nil
}

// changed changes a link of any kind and checks what has become of it.
func (s *Shortener) changed(l *Link, host string, change func(l *Link) error) error {
	was := *l
	if err := change(l); err != nil {
		return err
	}
	if l.Alias != was.Alias {
		if err := s.checkAlias(l.Alias); err != nil {
			return err
		}
	}
	// Somebody else who asked for the destination alone may have got this link:
	// from now on nobody else does.
	l.Plain = false
	if l.URL != was.URL {
		l.Options.Adopted = false
	}
	return s.check(l, &was, host)
}

// Delete removes a link of the account. Code: NotFound.
func (s *Shortener) Delete(ctx context.Context, account string, id int64) error {
	l, err := s.cfg.Store.DeleteLink(ctx, account, id)
	if err != nil {
		return err
	}
	s.forget(l)
	return nil
}

// forget makes the next visits of the links read the store.
func (s *Shortener) forget(links ...*Link) {
	for _, l := range links {
		s.cfg.Index.Remove(l.Domain, l.Alias)
	}
}
