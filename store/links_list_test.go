package store

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

func TestStore_Links(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		for _, l := range []shortener.Link{
			{Account: "main", Alias: "one", URL: "https://example.com/100%25", MetaTitle: "100% wool", ExternalID: "their-1"},
			{Account: "main", Alias: "two_2", URL: "https://example.com/Straße", MetaTitle: "ÄRGER"},
			{Account: "other", Alias: "theirs", URL: "https://example.com/100%", ExternalID: "their-1"},
			{Account: "main", Alias: "THREE", URL: "https://example.com/a-b", MetaTitle: "Κόσμος ΟΔΟΣ"},
			{Account: "main", Alias: "four", URL: "https://example.org", MetaTitle: "Cafe\u0301 한국어", Description: "hidden"},
			{Account: "main", Alias: "five5", URL: "https://example.org/!bang", MetaTitle: `back\slash "quoted" 'n`},
		} {
			mustCreate(t, s, &l)
		}
		mustVisit(t, s, map[int64]int{2: 5, 3: 100, 5: 9})
		tests := []struct {
			name  string
			f     shortener.Filter
			want  string
			total int
		}{
			{"all, newest first", shortener.Filter{}, "five5 four THREE two_2 one", 5},
			{"by clicks, ties by date", shortener.Filter{ByClicks: true}, "four two_2 five5 THREE one", 5},
			{"page", shortener.Filter{Limit: 2, Offset: 1}, "four THREE", 5},
			{"page by clicks", shortener.Filter{Limit: 2, Offset: 1, ByClicks: true}, "two_2 five5", 5},
			{"last page", shortener.Filter{Limit: 2, Offset: 4}, "one", 5},
			{"behind the end", shortener.Filter{Limit: 2, Offset: 5}, "", 5},
			{"far behind the end", shortener.Filter{Offset: math.MaxInt}, "", 5},
			{"negative offset", shortener.Filter{Limit: 1, Offset: -5}, "five5", 5},
			{"no limit", shortener.Filter{Limit: -1}, "", 5},
			{"other account", shortener.Filter{Account: "other"}, "theirs", 1},
			{"no account", shortener.Filter{Account: "nobody"}, "", 0},
			{"alias", shortener.Filter{Search: "thr"}, "THREE", 1},
			{"destination", shortener.Filter{Search: "EXAMPLE.ORG"}, "five5 four", 2},
			{"search with page and order", shortener.Filter{Search: "example.com", Limit: 1, Offset: 1, ByClicks: true}, "THREE", 3},
			{"percent is no wildcard", shortener.Filter{Search: "100%"}, "one", 1},
			{"percent alone", shortener.Filter{Search: "%"}, "one", 1},
			{"underscore is no wildcard", shortener.Filter{Search: "_"}, "two_2", 1},
			{"the escape itself", shortener.Filter{Search: "!"}, "five5", 1},
			{"escaped wildcard", shortener.Filter{Search: "!%"}, "", 0},
			{"backslash", shortener.Filter{Search: `k\s`}, "five5", 1},
			{"quotes", shortener.Filter{Search: `"QUOTED" 'N`}, "five5", 1},
			{"umlaut", shortener.Filter{Search: "ärger"}, "two_2", 1},
			{"sharp s", shortener.Filter{Search: "STRASSE"}, "two_2", 1},
			{"Greek, final sigma too", shortener.Filter{Search: "κόσμοσ οδος"}, "THREE", 1},
			{"accent composed", shortener.Filter{Search: "CAFÉ"}, "four", 1},
			{"Hangul", shortener.Filter{Search: "한국"}, "four", 1},
			{"the note is private", shortener.Filter{Search: "hidden"}, "", 0},
			{"not over the edge of a field", shortener.Filter{Search: "org\x1ffour"}, "", 0},
			{"external id", shortener.Filter{ExternalID: "their-1"}, "one", 1},
			{"external id and search", shortener.Filter{ExternalID: "their-1", Search: "STRASSE"}, "", 0},
			{"external id in other letter case", shortener.Filter{ExternalID: "Their-1"}, "", 0},
			{"NUL", shortener.Filter{Search: "exa\x00zzz"}, "", 0},
			{"nothing of another account", shortener.Filter{Search: "theirs"}, "", 0},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				if tt.f.Account == "" {
					tt.f.Account = "main"
				}
				if tt.f.Limit == 0 {
					tt.f.Limit = 100
				}
				links, total, err := s.Links(t.Context(), tt.f)
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, l := range links {
					got = append(got, l.Alias)
				}
				if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
					t.Errorf("Links(%+v) (-want +got):\n%s", tt.f, diff)
				}
				if total != tt.total {
					t.Errorf("Links(%+v) total = %d; want %d", tt.f, total, tt.total)
				}
			})
		}
	})
}

func TestStore_LinksSearchTooLong(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		long := newLink("main", "long")
		long.URL += strings.Repeat("%", 20_000)
		mustCreate(t, s, long)
		if _, total, err := s.Links(t.Context(), shortener.Filter{Account: "main", Search: strings.Repeat("%", 20_000)}); err != nil || total != 1 {
			t.Errorf("Links(20,000 wildcards) = %d, %v; want the link", total, err)
		}
		_, _, err := s.Links(t.Context(), shortener.Filter{Account: "main", Search: strings.Repeat("%", 25_000)})
		wantCode(t, "Links(25,000 wildcards)", err, api.Invalid)
	})
}
