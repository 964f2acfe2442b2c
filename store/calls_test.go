package store

import (
	"context"
	"maps"
	"time"

	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/keys"
	"github.com/linkquay/linkquay/ledger"
	"github.com/linkquay/linkquay/shortener"
)

// calls returns a call of every method that touches the database.
func calls(ctx context.Context, s *Store, l *shortener.Link) map[string]func() error {
	changed := *l
	changed.URL = "https://example.org/changed"
	all := map[string]func() error{
		"Ping":        func() error { return s.Ping(ctx) },
		"CreateLink":  func() error { return create(ctx, s, newLink("main", "b")) },
		"UpdateLink":  func() error { return put(ctx, s, &changed) },
		"DeleteLink":  func() error { _, err := s.DeleteLink(ctx, "main", l.ID); return err },
		"Link":        func() error { _, err := s.Link(ctx, "main", l.ID); return err },
		"LinkByAlias": func() error { _, err := s.LinkByAlias(ctx, "", "a"); return err },
		"Links":       func() error { _, _, err := s.Links(ctx, shortener.Filter{Account: "main", Limit: 1}); return err },
		"Account":     func() error { _, err := s.Account(ctx, "main"); return err },
		"UpdateAccount": func() error {
			return s.UpdateAccount(ctx, "main", func(*shortener.Account) error { return nil })
		},
		"AddVisits":      func() error { return s.AddVisits(ctx, []clicks.Batch{{Data: []byte{1}, Visits: 1}}) },
		"VisitorSalt":    func() error { _, err := s.VisitorSalt(ctx, 1); return err },
		"RollVisits":     func() error { _, err := s.RollVisits(ctx); return err },
		"ForgetVisitors": func() error { _, err := s.ForgetVisitors(ctx); return err },
		"Summary":        func() error { _, err := s.Summary(ctx, l.ID); return err },
		"Series": func() error {
			_, err := s.Series(ctx, l.ID, noon, noon.Add(time.Hour), clicks.Hour, nil, "")
			return err
		},
		"Orphans":      func() error { _, _, err := s.Orphans(ctx, "main", 1, 0); return err },
		"Keys":         func() error { _, err := s.Keys(ctx); return err },
		"CreateKey":    func() error { return s.CreateKey(ctx, &keys.Record{Name: "k"}) },
		"RevokeKey":    func() error { return s.RevokeKey(ctx, &keys.Record{Name: "k"}) },
		"KeysRevision": func() error { _, err := s.KeysRevision(ctx); return err },
		"Begin":        func() error { _, err := s.Ledger().Begin(ctx, &ledger.Entry{}); return err },
		"Complete":     func() error { return s.Ledger().Complete(ctx, &ledger.Entry{ID: 1}) },
		"Abandon":      func() error { return s.Ledger().Abandon(ctx, 1) },
		"Doubt":        func() error { return s.Ledger().Doubt(ctx, 1) },
		"InDoubt":      func() error { _, err := s.Ledger().InDoubt(ctx, "main", "dg", [32]byte{1}, 0); return err },
		"Delete":       func() error { return s.Ledger().Delete(ctx, "main", "dg", 1) },
		"Entry":        func() error { _, err := s.Ledger().Entry(ctx, "main", "dg", 1); return err },
		"Find":         func() error { _, err := s.Ledger().Find(ctx, "main", "dg", "x"); return err },
		"List":         func() error { _, _, err := s.Ledger().List(ctx, ledger.Filter{Limit: 1}); return err },
		"Pending":      func() error { _, err := s.Ledger().Pending(ctx, "dg", 0); return err },
	}
	maps.Copy(all, shortenerCalls(ctx, s, l))
	maps.Copy(all, moveCalls(ctx, s))
	maps.Copy(all, objectCalls(ctx, "Campaigns", s.Campaigns()))
	maps.Copy(all, objectCalls(ctx, "Domains", s.Domains()))
	maps.Copy(all, objectCalls(ctx, "QRCodes", s.QRCodes()))
	return all
}

func shortenerCalls(ctx context.Context, s *Store, l *shortener.Link) map[string]func() error {
	return map[string]func() error{
		"TakeClick":        func() error { _, err := s.TakeClick(ctx, l.ID, 1); return err },
		"ClicksLeft":       func() error { _, err := s.ClicksLeft(ctx, l.ID, 1); return err },
		"LinkChanges":      func() error { _, _, err := s.LinkChanges(ctx, 0); return err },
		"more LinkChanges": func() error { _, _, err := s.LinkChanges(ctx, 1); return err },
		"AssignToCampaign": func() error { return s.AssignToCampaign(ctx, "main", 1, l.ID) },
		"AssignToChannel":  func() error { return s.AssignToChannel(ctx, "main", 1, "links", l.ID) },
		"ChannelItems":     func() error { _, _, err := s.ChannelItems(ctx, "main", 1, 1, 0); return err },
		"CampaignBySlug":   func() error { _, err := s.CampaignBySlug(ctx, "x"); return err },
		"CampaignLinks":    func() error { _, err := s.CampaignLinks(ctx, 1, 1); return err },
		"RepeatedLink":     func() error { _, _, err := s.RepeatedLink(ctx, new(shortener.Once)); return err },
		"Promise":          func() error { return s.Promise(ctx, new(shortener.Once)) },
		"AllDomains":       func() error { _, err := s.AllDomains(ctx); return err },
		"LinksAfter":       func() error { _, err := s.LinksAfter(ctx, "main", 0, 1); return err },
		"ImportLinks":      func() error { _, err := s.ImportLinks(ctx, "main", make([]shortener.Import, 1)); return err },
		"QRCodeOfLink":     func() error { _, err := s.QRCodeOfLink(ctx, "main", l.ID); return err },
		"DomainsRevision":  func() error { _, err := s.DomainsRevision(ctx); return err },
	}
}

func objectCalls[T any](ctx context.Context, name string, o shortener.Objects[T]) map[string]func() error {
	return map[string]func() error{
		name + ".Create":   func() error { _, err := o.Create(ctx, new(T), nil); return err },
		name + ".Repeated": func() error { _, _, err := o.Repeated(ctx, new(shortener.Once)); return err },
		name + ".Update":   func() error { _, _, err := o.Update(ctx, "main", 1, func(*T) error { return nil }); return err },
		name + ".Delete":   func() error { _, err := o.Delete(ctx, "main", 1); return err },
		name + ".Get":      func() error { _, err := o.Get(ctx, "main", 1); return err },
		name + ".After":    func() error { _, err := o.After(ctx, "main", 0, 1); return err },
		name + ".List":     func() error { _, _, err := o.List(ctx, "main", "", 1, 0); return err },
	}
}
