package records_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/storetest"
)

// TestImport_BesideWrites: while an import keeps ids, others make links and QR
// codes, and change what the import refers to. Nobody meets an error, and no id is
// given twice.
func TestImport_BesideWrites(t *testing.T) {
	const imported = 3000
	storetest.EachConfig(t, func(t *testing.T, cfg store.Config) {
		p := newPlace(t, cfg)
		rs := []records.Record{&records.Campaign{ID: 1, Account: "main", Name: "Spring", Created: noon}}
		for i := range imported {
			rs = append(rs, &records.Link{
				Of: records.KindLink, ID: int64(i + 1), Account: "main", Alias: fmt.Sprint("imported-", i), URL: "https://example.com/", Campaign: 1,
			})
		}
		file := encoded(t, records.JSONL, true, rs)
		var stop atomic.Bool
		var made atomic.Int64
		var writers sync.WaitGroup
		for w := range 4 {
			writers.Go(func() {
				for i := 0; !stop.Load(); i++ {
					l := shortener.Link{Account: "main", Alias: fmt.Sprintf("made-%d-%d", w, i), URL: "https://example.com/", Type: "direct"}
					var err error
					if w == 0 {
						l.Options.QR = &shortener.QR{Type: "text"}
						_, err = p.store.QRCodes().Create(t.Context(), &shortener.QRCode{Link: l}, nil)
					} else if _, err = p.store.CreateLink(t.Context(), &l, shortener.Creation{}); err == nil {
						_, _, err = p.store.UpdateLink(t.Context(), "main", l.ID, func(l *shortener.Link) error {
							l.Description = "changed"
							return nil
						})
					}
					if err != nil {
						t.Errorf("a write beside the import: %v", err)
						return
					}
					made.Add(1)
				}
			})
		}
		s, failed := p.read(file, p.options())
		stop.Store(true)
		writers.Wait()
		if len(failed) > 0 || s.Count(records.KindLink, records.Added) != imported {
			t.Errorf("%d links were added; failed are %q", s.Count(records.KindLink, records.Added), failed)
		}
		if made.Load() == 0 {
			t.Error("nothing was written beside the import")
		}
		seen := map[int64]bool{}
		err := p.store.ReadRecords(t.Context(), records.ReadOptions{}, func(r records.Record) error {
			if l, ok := r.(*records.Link); ok {
				seen[l.LinkID()] = true
			}
			return nil
		})
		if want := imported + int(made.Load()); err != nil || len(seen) != want {
			t.Errorf("%d links with ids of their own, %v; want %d", len(seen), err, want)
		}
	})
}
