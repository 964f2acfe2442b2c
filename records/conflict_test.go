package records_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/storetest"
)

// populated is a place with objects of its own, whose ids are those of a file.
func populated(t *testing.T, cfg store.Config) *place {
	t.Helper()
	p := newPlace(t, cfg)
	ctx := t.Context()
	for i := range 4 {
		c := &shortener.Campaign{Account: "main", Name: "Ours " + string(rune('A'+i))}
		if _, err := p.store.Campaigns().Create(ctx, c, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.store.Pixels().Create(ctx, &shortener.Pixel{Account: "main", Type: "bing", Name: "Ours", Tag: "12345678"}, nil); err != nil {
		t.Fatal(err)
	}
	for _, l := range []*shortener.Link{
		{Account: "main", Alias: "ours", URL: "https://example.com/ours", Type: "direct"},
		{Account: "other", Alias: "theirs", URL: "https://example.com/theirs", Type: "direct"},
		{Account: "main", Alias: "splashed", URL: "https://example.com/other", Type: "direct", ExternalID: "77"},
	} {
		if _, err := p.store.CreateLink(ctx, l, shortener.Creation{}); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *place) link(alias string) *shortener.Link {
	p.t.Helper()
	l, err := p.store.LinkByAlias(p.t.Context(), "", alias)
	if err != nil {
		p.t.Fatalf("%s: %v", alias, err)
	}
	return l
}

// TestImport_IntoAnother: ids that are in use are changed wherever they are
// referred to.
func TestImport_IntoAnother(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, cfg store.Config) {
		p := populated(t, cfg)
		file := encoded(t, records.JSONL, true, []records.Record{
			&records.Campaign{ID: 1, Account: "main", Name: "Spring", Created: noon},
			&records.Campaign{ID: 2, Account: "main", Name: "Spring", Created: noon},
			&records.Channel{ID: 1, Account: "main", Name: "Ads", Created: noon},
			&records.Pixel{ID: 1, Account: "main", Type: "bing", Name: "p", Tag: "99"},
			&records.Splash{ID: 4, Account: "main", Name: "s"},
			&records.Overlay{ID: 2, Account: "main", Name: "o", Type: "message"},
			&records.Link{ID: 1, Account: "main", Alias: "one", URL: "https://example.com/1", Campaign: 2, Options: shortener.Options{Pixels: []int64{1}}, Type: "4", Clicks: 9},
			&records.Link{ID: 2, Account: "main", Alias: "two", URL: "https://example.com/2", Campaign: 1, Type: "overlay-2"},
			&records.Link{ID: 900, Account: "main", Alias: "far", URL: "https://example.com/3"},
			&records.Item{Channel: 1, Link: 1, Added: noon},
			&records.Hour{Link: 1, Hour: noon, Clicks: 9},
		})
		want := &shortener.Link{
			ID: 4, Account: "main", Alias: "one", URL: "https://example.com/1", Campaign: 6, Type: "4",
			Options: shortener.Options{Pixels: []int64{2}}, Clicks: 9,
		}
		for range 2 {
			if _, failed := p.read(file, p.options()); len(failed) > 0 {
				t.Fatalf("failed are %q", failed)
			}
			one := p.link("one")
			one.Created, one.Updated = want.Created, want.Updated
			if diff := cmp.Diff(want, one); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if two, far := p.link("two"), p.link("far"); two.ID != 5 || two.Campaign != 5 || two.Type != "overlay-2" || far.ID != 900 {
				t.Errorf("links are %+v, %+v", two, far)
			}
			items, n, err := p.store.ChannelItems(t.Context(), "main", 1, 10, 0)
			if err != nil || n != 1 || items[0].ID != 4 {
				t.Errorf("the channel holds %+v, %v", items, err)
			}
		}
		// Nobody is given an id twice.
		next := &shortener.Link{Account: "main", Alias: "next", URL: "https://example.com/", Type: "direct"}
		if _, err := p.store.CreateLink(t.Context(), next, shortener.Creation{}); err != nil || next.ID != 901 {
			t.Errorf("the next link has the id %d, %v; want 901", next.ID, err)
		}
	})
}

func TestImport_Conflicts(t *testing.T) {
	rs := []records.Record{
		&records.Pixel{ID: 9, Account: "main", Type: "bing", Name: "Theirs", Tag: "12345678"},
		&records.Link{ID: 50, Account: "main", Alias: "ours", URL: "https://example.com/new", Clicks: 3},
		&records.Link{ID: 51, Account: "main", Alias: "theirs", URL: "https://example.com/new"},
		&records.Link{ID: 52, Account: "main", Alias: "fresh", URL: "https://example.com/new", ExternalID: "77"},
		&records.Link{ID: 53, Account: "main", Alias: "fine", URL: "https://example.com/new"},
		&records.Link{ID: 54, Account: "main", Alias: "fine", URL: "https://example.com/newer"},
		&records.Hour{Link: 50, Hour: noon, Clicks: 3},
	}
	for conflict, want := range map[records.Conflict]struct {
		failed  []string
		ours    string
		clicks  int64
		pixel   string
		skipped int64
	}{
		records.Fail: {
			[]string{"pixel bing Theirs: conflict", "link /ours: conflict", "link /theirs: conflict", "link /fresh: conflict", "link /fine: conflict"},
			"https://example.com/ours", 0, "Ours", 1,
		},
		records.Skip:    {[]string{"link /theirs: conflict"}, "https://example.com/ours", 0, "Ours", 5},
		records.Replace: {[]string{"link /theirs: conflict", "link /fresh: conflict", "link /fine: conflict"}, "https://example.com/new", 3, "Theirs", 0},
	} {
		t.Run(string(conflict), func(t *testing.T) {
			storetest.EachConfig(t, func(t *testing.T, cfg store.Config) {
				p := populated(t, cfg)
				o := p.options()
				o.OnConflict, o.DryRun = conflict, true
				before := p.write(records.JSONL, true)
				_, planned := p.read(encoded(t, records.JSONL, true, rs), o)
				if diff := cmp.Diff(string(before), string(p.write(records.JSONL, true))); diff != "" {
					t.Errorf("a dry run wrote:\n%s", diff)
				}
				o.DryRun = false
				s, failed := p.read(encoded(t, records.JSONL, true, rs), o)
				for i, f := range failed {
					failed[i] = f[:min(len(f), strings.Index(f+": conflict", ": conflict")+len(": conflict"))]
				}
				if diff := cmp.Diff(want.failed, failed); diff != "" {
					t.Errorf("failed, -want +got:\n%s", diff)
				}
				if len(planned) == 0 {
					t.Errorf("a dry run told of nothing; want %q", want.failed)
				}
				if l := p.link("ours"); l.URL != want.ours || l.Clicks != want.clicks || l.ID != 1 {
					t.Errorf("ours is %+v", l)
				}
				if l := p.link("theirs"); l.URL != "https://example.com/theirs" {
					t.Errorf("another account's link leads to %s", l.URL)
				}
				if l := p.link("fine"); l.URL != "https://example.com/new" {
					t.Errorf("the first of two leads to %s", l.URL)
				}
				if pixel, err := p.store.Pixels().Get(t.Context(), "main", 1); err != nil || pixel.Name != want.pixel {
					t.Errorf("the pixel is %+v, %v", pixel, err)
				}
				if n := s.Count("", records.Skipped); n != want.skipped {
					t.Errorf("%d are skipped; want %d", n, want.skipped)
				}
				changed, _, err := p.store.LinkChanges(t.Context(), 1)
				told := slices.Contains(changed, shortener.Address{Alias: "ours"})
				if err != nil || told != (conflict == records.Replace) || !slices.Contains(changed, shortener.Address{Alias: "fine"}) {
					t.Errorf("servers are told of %v, %v", changed, err)
				}
			})
		})
	}
}
