package records_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/storetest"
)

// storable is everything, as PostgreSQL can hold it.
func storable(cfg store.Config) []records.Record {
	all := everything()
	if cfg.Driver == store.Postgres {
		for _, r := range all {
			records.ChangeTexts(r, func(s string) string { return string(bytes.ReplaceAll([]byte(s), []byte{0}, []byte("\uFFFD"))) })
		}
	}
	return all
}

// TestImport_Lossless brings everything into an empty database of every driver and
// out again, in both formats, and the same once more.
func TestImport_Lossless(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, cfg store.Config) {
		for _, f := range []records.Format{records.JSONL, records.CSV} {
			t.Run(string(f), func(t *testing.T) {
				cfg := cfg
				if f == records.CSV {
					cfg = anotherDatabase(t, cfg)
				}
				p := newPlace(t, cfg)
				file := encoded(t, f, true, storable(cfg))
				for _, state := range []records.State{records.Added, records.Same} {
					s, failed := p.read(file, p.options())
					if len(failed) > 0 {
						t.Fatalf("failed are %q", failed)
					}
					if n := s.Count(records.KindLink, state); n != 3 {
						t.Errorf("%d links were %s; want 3", n, state)
					}
					if n := s.Count(records.KindCampaign, state); n != 3 {
						t.Errorf("%d campaigns were %s; want 3, two of which are alike", n, state)
					}
					if diff := cmp.Diff(string(file), string(p.write(f, true))); diff != "" {
						t.Fatalf("exported again, -want +got:\n%s", diff)
					}
				}
				if n, err := p.files.Sweep(t.Context(), p.known(), -1); err != nil || n != 0 {
					t.Errorf("%d files are nobody's, %v; want none", n, err)
				}
			})
		}
	})
}

func anotherDatabase(t *testing.T, cfg store.Config) store.Config {
	t.Helper()
	if cfg.Driver == store.Postgres {
		cfg.Source = storetest.Postgres(t)
	} else {
		cfg.Source = t.TempDir() + "/linkquay.db"
	}
	return cfg
}

// known reports which stored files links have.
func (p *place) known() func(name string) (bool, error) {
	p.t.Helper()
	names, err := p.store.StoredFiles(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return func(name string) (bool, error) { return names[name], nil }
}

// TestImport_Interrupted cuts the file off behind each record, and then imports
// the whole of it.
func TestImport_Interrupted(t *testing.T) {
	file := encoded(t, records.JSONL, true, everything())
	lines := bytes.SplitAfter(file, []byte("\n"))
	for n := 1; n < len(lines)-1; n += 3 {
		p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
		cut := slices.Concat(lines[:n]...)
		cut = cut[:len(cut)-1]
		if _, failed, err := p.tryRead(cut, p.options()); err == nil {
			t.Errorf("after %d lines: no error, %q", n, failed)
		}
		if _, failed := p.read(file, p.options()); len(failed) > 0 {
			t.Fatalf("after %d lines, failed are %q", n, failed)
		}
		if diff := cmp.Diff(string(file), string(p.write(records.JSONL, true))); diff != "" {
			t.Fatalf("after %d lines, -want +got:\n%s", n, diff)
		}
		if left, err := p.files.Sweep(t.Context(), p.known(), -1); err != nil || left != 0 {
			t.Errorf("after %d lines, %d files are nobody's, %v", n, left, err)
		}
	}
}
