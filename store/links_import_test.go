package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
)

// moved is a link as it comes from elsewhere.
func moved(alias string) shortener.Import {
	l := *link("", alias)
	l.Created = time.Date(2020, 2, 3, 4, 5, 6, 789e6, time.UTC)
	l.CarriedClicks, l.CarriedUniques = 70, 7
	return shortener.Import{Link: l}
}

// importLinks writes links that must all be taken.
func importLinks(tb testing.TB, s *store.Store, imports ...shortener.Import) []shortener.Imported {
	tb.Helper()
	done, err := s.ImportLinks(tb.Context(), "acme", imports)
	if err != nil || len(done) != len(imports) {
		tb.Fatalf("ImportLinks() = %d results, %v; want %d", len(done), err, len(imports))
	}
	for i, d := range done {
		if d.Err != nil {
			tb.Fatalf("ImportLinks()[%d] = %v", i, d.Err)
		}
	}
	return done
}

// count is how many links the account has.
func count(tb testing.TB, s *store.Store) int {
	tb.Helper()
	_, total, err := s.Links(tb.Context(), shortener.Filter{Account: "acme"})
	if err != nil {
		tb.Fatal(err)
	}
	return total
}

func TestStore_ImportLinks(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		belongings(t, s, "acme")
		full := moved("full")
		full.Link.Domain, full.Link.Type, full.Link.Campaign, full.Link.Channels = "acme.example", "overlay-1", 1, []int64{1}
		full.Link.Expires, full.Link.Public, full.Link.MetaTitle = time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC), true, "Straße"
		full.Link.PasswordHash, full.Link.ExternalID, full.Link.Options.Pixels = "hash", "crm-1", []int64{1, 1}
		full.Link.Options.Geo = []shortener.GeoRule{{Location: "Canada", Link: "https://example.com/ca"}}
		imports := []shortener.Import{full}
		for i := range 700 {
			imports = append(imports, moved(fmt.Sprint("plain-", i)))
		}
		done := importLinks(t, s, imports...)
		for i := range done {
			if l := done[i].Link; done[i].Was != nil || l.ID != int64(i+1) || l.Alias != imports[i].Link.Alias {
				t.Fatalf("import %d became %+v, was %+v", i, l, done[i].Was)
			}
			if i%97 == 0 {
				same(t, "the link as it is read", get(t, s, done[i].Link), done[i].Link)
			}
		}
		l := get(t, s, done[0].Link)
		want := full.Link
		want.ID, want.Account, want.Updated = l.ID, "acme", want.Created
		same(t, "the link with everything", l, &want)
		if l.AllClicks() != 70 || l.AllUniques() != 7 || l.Clicks != 0 {
			t.Errorf("its visits are %d, %d and %d of our own; want 70, 7, 0", l.AllClicks(), l.AllUniques(), l.Clicks)
		}
		found, total, err := s.Links(t.Context(), shortener.Filter{Account: "acme", Search: "STRASSE", Limit: 9})
		if err != nil || total != 1 || found[0].ID != l.ID {
			t.Errorf("a search finds %d, %v; want the one link", total, err)
		}
		if items, total, err := s.ChannelItems(t.Context(), "acme", 1, 9, 0); err != nil || total != 1 || items[0].ID != l.ID {
			t.Errorf("the channel holds %v, %v; want the link", items, err)
		}
		if _, err := s.Pixels().Delete(t.Context(), "acme", 1); err != nil {
			t.Fatal(err)
		}
		if l = get(t, s, l); len(l.Options.Pixels) != 0 {
			t.Errorf("the link has pixels %v that are deleted", l.Options.Pixels)
		}
	})
}

// Lists are by date, whatever came when.
func TestStore_LinksThatWereMadeElsewhere(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, now *time.Time) {
		for i := range 3 {
			*now = now.Add(time.Hour)
			createLink(t, s, link("acme", fmt.Sprint("here-", i)))
		}
		old, older, between := moved("old"), moved("older"), moved("between")
		older.Link.Created = old.Link.Created.Add(-time.Hour)
		between.Link.Created = now.Add(-30 * time.Minute)
		importLinks(t, s, older, old, between)
		want := []string{"here-2", "between", "here-1", "here-0", "old", "older"}
		for _, f := range []shortener.Filter{{}, {Search: "example.com"}} {
			var got []string
			for f.Account, f.Limit = "acme", 2; len(got) < len(want); f.Offset += f.Limit {
				page, total, err := s.Links(t.Context(), f)
				if err != nil || total != len(want) || len(page) == 0 {
					t.Fatalf("Links(%+v) = %d of %d, %v", f, len(page), total, err)
				}
				for i := range page {
					got = append(got, page[i].Alias)
				}
			}
			same(t, "links, newest first", got, want)
		}
		page, _, err := s.Links(t.Context(), shortener.Filter{Account: "acme", ByClicks: true, Limit: 4})
		if err != nil || page[0].Alias != "between" || page[2].Alias != "older" || page[3].Alias != "here-2" {
			t.Errorf("links by clicks are %v, %v; want those with the same number by date", page, err)
		}
	})
}

func TestStore_ImportLinksAgain(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, now *time.Time) {
		var cursor int64
		changes(t, s, &cursor)
		imports := []shortener.Import{moved("one"), moved("two")}
		first := importLinks(t, s, imports...)
		*now = now.Add(time.Minute)
		imports[1].Link.Description, imports[1].Link.CarriedClicks = "changed", 71
		second := importLinks(t, s, append(imports, moved("three"))...)
		same(t, "a link that is as it was", second[0].Link, first[0].Link)
		if l := second[1].Link; second[1].Was == nil || l.ID != first[1].Link.ID || l.CarriedClicks != 71 || !l.Updated.Equal(*now) ||
			!l.Created.Equal(imports[1].Link.Created) {
			t.Errorf("the changed link is %+v; want it changed in its place", l)
		}
		same(t, "the changed link as it is read", get(t, s, second[1].Link), second[1].Link)
		if second[2].Was != nil || count(t, s) != 3 {
			t.Errorf("there are %d links, was %v; want 3, the last of them new", count(t, s), second[2].Was)
		}
		*now = now.Add(time.Minute)
		same(t, "addresses that other processes hear of", changes(t, s, &cursor), []shortener.Address{{Alias: "two"}})
	})
}

func TestStore_ImportLinksRefusesEachAlone(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		belongings(t, s, "acme")
		other := link("other", "others")
		createLink(t, s, other)
		mine := link("acme", "mine")
		mine.ExternalID = "crm-1"
		createLink(t, s, mine)
		create(t, s.QRCodes(), shortener.QRCode{Link: *link("acme", "code")})
		set := func(alias string, set func(l *shortener.Link)) shortener.Import {
			in := moved(alias)
			set(&in.Link)
			return in
		}
		imports := []shortener.Import{
			moved("first"),
			moved("others"),
			set("mine", func(l *shortener.Link) { l.URL = "https://example.com/elsewhere" }),
			set("twice-id", func(l *shortener.Link) { l.ExternalID = "crm-1" }),
			moved("code"),
			set("lost", func(l *shortener.Link) { l.Campaign, l.Channels = 9, []int64{9} }),
			set("gone", func(l *shortener.Link) { l.ID = 999 }),
			set("strange", func(l *shortener.Link) { l.ID = other.ID }),
			set("others", func(l *shortener.Link) { l.ID, l.URL = mine.ID, mine.URL }),
			moved("last"),
			moved("last"),
			set("last", func(l *shortener.Link) { l.URL = "https://example.com/elsewhere" }),
		}
		done, err := s.ImportLinks(t.Context(), "acme", imports)
		if err != nil {
			t.Fatal(err)
		}
		const taken, external = "That alias is taken. Please choose another one.", "Another link has this external id already."
		wantError(t, "somebody's alias", done[1].Err, api.Conflict, taken, "custom")
		wantError(t, "an alias that leads elsewhere", done[2].Err, api.Conflict, taken, "custom")
		wantError(t, "an external id twice", done[3].Err, api.Conflict, external, "externalid")
		wantError(t, "a QR code's alias", done[4].Err, api.Conflict, taken, "custom")
		wantError(t, "missing references", done[5].Err, api.Invalid, "Campaign not found. Please try again.", "campaign", "channel")
		wantError(t, "no such link", done[6].Err, api.NotFound, "Link not found. Please try again.")
		wantError(t, "another account's link", done[7].Err, api.NotFound, "Link not found. Please try again.")
		wantError(t, "a move to somebody's alias", done[8].Err, api.Conflict, taken, "custom")
		wantError(t, "an alias twice in one import", done[11].Err, api.Conflict, taken, "custom")
		for _, i := range []int{0, 9, 10} {
			if done[i].Err != nil {
				t.Errorf("import %d = %v; want it taken", i, done[i].Err)
			}
		}
		if done[10].Was == nil || done[10].Link.ID != done[9].Link.ID {
			t.Errorf("the same link twice became %+v and %+v", done[9].Link, done[10].Link)
		}
		same(t, "the link that was to move", get(t, s, mine), mine)
		if n := count(t, s); n != 3 {
			t.Errorf("there are %d links; want 3", n)
		}
	})
}

func TestStore_ImportLinksUnstorable(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		bad := moved("bad")
		bad.Link.MetaTitle = "\xff"
		done, err := s.ImportLinks(t.Context(), "acme", []shortener.Import{moved("first"), bad, moved("last")})
		if err != nil {
			t.Fatal(err)
		}
		if done[0].Err != nil || done[2].Err != nil {
			t.Errorf("beside text that cannot be stored: %v, %v; want both taken", done[0].Err, done[2].Err)
		}
		if done[1].Err != nil && done[1].Err.Code != api.Invalid {
			t.Errorf("text that cannot be stored: %v; want invalid", done[1].Err)
		}
	})
}

func TestStore_ImportLinksByID(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, now *time.Time) {
		belongings(t, s, "acme")
		l := link("acme", "before")
		l.PasswordHash, l.Description, l.Clicks, l.UniqueClicks, l.Channels = "hash", "a note", 5, 3, []int64{1}
		createLink(t, s, l)
		var cursor int64
		changes(t, s, &cursor)
		*now = now.Add(time.Minute)
		in := moved("after")
		in.Link.ID, in.Link.URL, in.Link.Created = l.ID, "https://example.com/after", time.Time{}
		in.Keep = func(l, was *shortener.Link) { l.PasswordHash = was.PasswordHash }
		is := get(t, s, importLinks(t, s, in)[0].Link)
		want := in.Link
		want.Account, want.Created, want.Updated, want.PasswordHash = "acme", l.Created, *now, "hash"
		want.Clicks, want.UniqueClicks = 5, 3
		same(t, "the link that was replaced", is, &want)
		if is.AllClicks() != 75 {
			t.Errorf("all its visits are %d; want our own and those carried over: 75", is.AllClicks())
		}
		sum, err := s.Summary(t.Context(), l.ID)
		if err != nil || sum.Clicks != 5 || sum.CarriedClicks != 70 || sum.CarriedUniques != 7 {
			t.Errorf("Summary() = %+v, %v; want 5 and 70", sum, err)
		}
		same(t, "addresses that others hear of", changes(t, s, &cursor), []shortener.Address{{Alias: "after"}, {Alias: "before"}})
		unnamed := in
		unnamed.Link.Alias = ""
		if is := importLinks(t, s, unnamed)[0].Link; is.Alias != "after" {
			t.Errorf("a link without an alias got %q; want it kept", is.Alias)
		}
	})
}

func TestStore_ImportLinksThatAreLimited(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		in := moved("limited")
		in.Link.Options.ClickLimit, in.Link.Taken = 5, 3
		l := importLinks(t, s, in, moved("free"))[0].Link
		take := func(want bool) {
			t.Helper()
			if left, err := s.TakeClick(t.Context(), l.ID, 5); err != nil || left != want {
				t.Errorf("TakeClick() = %v, %v; want %v", left, err, want)
			}
		}
		take(true)
		importLinks(t, s, in)
		all, err := s.LinksAfter(t.Context(), "acme", 0, 9)
		if err != nil || len(all) != 2 || all[0].Taken != 4 || all[1].Taken != 0 {
			t.Errorf("LinksAfter() = %+v, %v; want 4 visits taken of the first", all, err)
		}
		take(true)
		take(false)
	})
}

func TestStore_ImportLinksAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				imports := make([]shortener.Import, 300)
				for i := range imports {
					// Each in an order of its own.
					imports[i] = moved(fmt.Sprint("link-", (i*7+w*91)%300))
				}
				done, err := s.ImportLinks(t.Context(), "acme", imports)
				if err != nil {
					t.Error(err)
				}
				for _, d := range done {
					if d.Err != nil {
						t.Error(d.Err)
						return
					}
				}
			})
		}
		wg.Wait()
		if n := count(t, s); n != 300 {
			t.Errorf("there are %d links; want 300", n)
		}
	})
}

func TestStore_After(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		belongings(t, s, "acme")
		belongings(t, s, "other")
		createLink(t, s, link("other", "others"))
		var want []shortener.Link
		for i := range 5 {
			l := link("acme", fmt.Sprint("link-", i))
			l.Channels = []int64{1}
			want = append(want, *createLink(t, s, l))
			create(t, s.QRCodes(), shortener.QRCode{Link: *link("acme", fmt.Sprint("code-", i))})
		}
		var got []shortener.Link
		for after := int64(0); ; after = got[len(got)-1].ID {
			part, err := s.LinksAfter(t.Context(), "acme", after, 2)
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, part...); len(part) < 2 {
				break
			}
		}
		same(t, "all links", got, want)
		codes, err := s.QRCodes().After(t.Context(), "acme", 1, 3)
		if err != nil || len(codes) != 3 || codes[0].ID != 2 || codes[2].ID != 4 {
			t.Errorf("QR codes behind the first are %v, %v; want 2, 3 and 4", codes, err)
		}
		code, err := s.QRCodeOfLink(t.Context(), "acme", codes[0].Link.ID)
		if err != nil || code.ID != 2 {
			t.Errorf("QRCodeOfLink() = %v, %v; want 2", code, err)
		}
		_, err = s.QRCodeOfLink(t.Context(), "other", codes[0].Link.ID)
		wantError(t, "the QR code of another account", err, api.NotFound, "QR code not found. Please try again.")
		campaigns, err := s.Campaigns().After(t.Context(), "other", 0, 9)
		if err != nil || len(campaigns) != 1 || campaigns[0].ID != 2 {
			t.Errorf("campaigns are %v, %v; want the account's own", campaigns, err)
		}
	})
}
