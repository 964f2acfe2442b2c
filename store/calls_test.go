package store

import (
	"context"

	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/keys"
	"github.com/linkquay/linkquay/ledger"
	"github.com/linkquay/linkquay/shortener"
)

// calls returns a call of every method that touches the database.
func calls(ctx context.Context, s *Store, l *shortener.Link) map[string]func() error {
	changed := *l
	changed.URL = "https://example.org/changed"
	return map[string]func() error{
		"Ping":        func() error { return s.Ping(ctx) },
		"CreateLink":  func() error { return s.CreateLink(ctx, newLink("main", "b")) },
		"UpdateLink":  func() error { return put(ctx, s, &changed) },
		"DeleteLink":  func() error { _, err := s.DeleteLink(ctx, "main", l.ID); return err },
		"Link":        func() error { _, err := s.Link(ctx, "main", l.ID); return err },
		"LinkByAlias": func() error { _, err := s.LinkByAlias(ctx, "", "a"); return err },
		"Links":       func() error { _, _, err := s.Links(ctx, shortener.Filter{Account: "main", Limit: 1}); return err },
		"Account":     func() error { _, err := s.Account(ctx, "main"); return err },
		"UpdateAccount": func() error {
			return s.UpdateAccount(ctx, "main", func(*shortener.Account) error { return nil })
		},
		"AddClicks":    func() error { return s.AddClicks(ctx, []clicks.Count{{LinkID: l.ID, Visits: 1}}) },
		"Keys":         func() error { _, err := s.Keys(ctx); return err },
		"CreateKey":    func() error { return s.CreateKey(ctx, &keys.Record{Name: "k"}) },
		"RevokeKey":    func() error { return s.RevokeKey(ctx, &keys.Record{Name: "k"}) },
		"KeysRevision": func() error { _, err := s.KeysRevision(ctx); return err },
		"Begin":        func() error { _, err := s.Ledger().Begin(ctx, &ledger.Entry{}); return err },
		"Complete":     func() error { return s.Ledger().Complete(ctx, &ledger.Entry{ID: 1}) },
		"Abandon":      func() error { return s.Ledger().Abandon(ctx, 1) },
		"Entry":        func() error { _, err := s.Ledger().Entry(ctx, "main", "dg", 1); return err },
		"Find":         func() error { _, err := s.Ledger().Find(ctx, "main", "dg", "x"); return err },
		"List":         func() error { _, _, err := s.Ledger().List(ctx, ledger.Filter{Limit: 1}); return err },
		"Pending":      func() error { _, err := s.Ledger().Pending(ctx, "dg", 0); return err },
	}
}
