package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
)

func TestLedger_LifeCycle(t *testing.T) {
	now := noon
	eachAt(t, func() time.Time { return now }, func(t *testing.T, s *Store) {
		now = noon
		l, ctx := s.Ledger(), t.Context()
		pending := func(age time.Duration, want int) {
			t.Helper()
			if n, err := l.Pending(ctx, "dg", age); err != nil || n != want {
				t.Errorf("Pending(%v) = %d, %v; want %d", age, n, err, want)
			}
		}
		visible := func(e *ledger.Entry, want bool) {
			t.Helper()
			_, total, err := l.List(ctx, ledger.Filter{Account: "main", Backend: "dg", Limit: 10})
			if err != nil || (total == 1) != want {
				t.Errorf("List() = %d, %v; want the entry: %v", total, err, want)
			}
			_, entryErr := l.Entry(ctx, "main", "dg", e.ID)
			_, findErr := l.Find(ctx, "main", "dg", e.Alias)
			if want && (entryErr != nil || findErr != nil) {
				t.Errorf("Entry() = %v, Find() = %v; want the entry", entryErr, findErr)
			}
			if !want {
				wantCode(t, "Entry of an intent", entryErr, api.NotFound)
				wantCode(t, "Find of an intent", findErr, api.NotFound)
			}
		}

		e := &ledger.Entry{Account: "main", Backend: "dg", LongURL: "https://example.com", Alias: "wanted", Document: []byte(`{"url":"x"}`)}
		id, err := l.Begin(ctx, e)
		if err != nil || id != 1 || e.ID != 1 {
			t.Fatalf("Begin() = %d, %v, entry %d; want 1", id, err, e.ID)
		}
		visible(e, false)
		pending(0, 0)
		now = noon.Add(time.Minute)
		pending(30*time.Second, 1)
		pending(2*time.Minute, 0)

		e.RemoteID, e.Alias, e.ShortURL, e.Title = "r-1", "given", "https://dg.example/given", "Title"
		e.Document = []byte(`{"url":"y","n":` + strings.Repeat("1", 100) + `}`)
		if err := l.Complete(ctx, e); err != nil {
			t.Fatal(err)
		}
		visible(e, true)
		pending(0, 0)
		want := *e
		want.Created, want.Completed = noon, now
		got, err := l.Entry(ctx, "main", "dg", e.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("Entry() (-want +got):\n%s", diff)
		}

		now = noon.Add(time.Hour)
		again := *e
		again.Title, again.Completed = "Other", time.Time{}
		if err := l.Complete(ctx, &again); err != nil || !again.Completed.Equal(want.Completed) {
			t.Errorf("second Complete() = %v, completed %v; want it to keep %v", err, again.Completed, want.Completed)
		}
		wantCode(t, "Abandon of a completed entry", l.Abandon(ctx, e.ID), api.NotFound)

		refused, err := l.Begin(ctx, &ledger.Entry{Account: "main", Backend: "dg"})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Abandon(ctx, refused); err != nil {
			t.Errorf("Abandon() = %v", err)
		}
		wantCode(t, "Abandon again", l.Abandon(ctx, refused), api.NotFound)
		wantCode(t, "Complete of an abandoned one", l.Complete(ctx, &ledger.Entry{ID: refused, Account: "main", Backend: "dg"}), api.NotFound)
	})
}

func mustEntry(t *testing.T, l *Ledger, e ledger.Entry) int64 {
	t.Helper()
	id, err := l.Begin(t.Context(), &e)
	if err == nil {
		err = l.Complete(t.Context(), &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestLedger_Find(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		l := s.Ledger()
		for _, e := range []ledger.Entry{
			{Account: "main", Backend: "dg", Alias: "abc", ShortURL: "https://dg.example/abc"},
			{Account: "main", Backend: "dg", Alias: "abc", ShortURL: "https://Other.example/abc"},
			{Account: "main", Backend: "dg2", Alias: "abc", ShortURL: "https://dg.example/abc"},
			{Account: "acme", Backend: "dg", Alias: "theirs", ShortURL: "https://dg.example/theirs"},
			{Account: "main", Backend: "dg", Alias: "ABC", ShortURL: "http://dg.example/ABC/"},
		} {
			mustEntry(t, l, e)
		}
		tests := []struct {
			account, backend, short string
			want                    int64
		}{
			{"main", "dg", "https://dg.example/abc", 1},
			{"main", "dg", "http://dg.example/abc", 1},
			{"main", "dg", "HTTPS://DG.Example/abc", 1},
			{"main", "dg", "dg.example/abc", 1},
			{"main", "dg", "https://dg.example/abc/", 1},
			{"main", "dg", "https://other.example/abc", 2},
			{"main", "dg", "abc", 2},
			{"main", "dg2", "abc", 3},
			{"main", "dg", "ABC", 5},
			{"main", "dg", "https://dg.example/ABC", 5},
			{"main", "dg", "Abc", 0},
			{"main", "dg", "theirs", 0},
			{"main", "dg", "https://dg.example/theirs", 0},
			{"acme", "dg", "theirs", 4},
			{"main", "other", "abc", 0},
			{"main", "dg", "", 0},
			{"main", "dg", "/", 0},
			{"main", "dg", "https://dg.example", 0},
			{"main", "dg", "%", 0},
		}
		for _, tt := range tests {
			got, err := l.Find(t.Context(), tt.account, tt.backend, tt.short)
			if tt.want == 0 {
				wantCode(t, fmt.Sprintf("Find(%s, %s, %q)", tt.account, tt.backend, tt.short), err, api.NotFound)
				continue
			}
			if err != nil || got.ID != tt.want {
				t.Errorf("Find(%s, %s, %q) = %+v, %v; want %d", tt.account, tt.backend, tt.short, got, err, tt.want)
			}
		}
	})
}

func TestLedger_List(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		l := s.Ledger()
		for i, e := range []ledger.Entry{
			{Account: "main", Title: "100% wool"},
			{Account: "main", LongURL: "https://example.com/Ärger"},
			{Account: "acme", Title: "100% theirs"},
			{Account: "main", Alias: "a_b"},
			{Account: "main", Backend: "other", Alias: "elsewhere"},
		} {
			if e.Backend == "" {
				e.Backend = "dg"
			}
			if id := mustEntry(t, l, e); id != int64(i+1) {
				t.Fatalf("id = %d; want %d", id, i+1)
			}
		}
		tests := []struct {
			f     ledger.Filter
			want  string
			total int
		}{
			{ledger.Filter{Limit: 10}, "[4 2 1]", 3},
			{ledger.Filter{Limit: 1, Offset: 1}, "[2]", 3},
			{ledger.Filter{Limit: 10, Offset: 3}, "[]", 3},
			{ledger.Filter{Limit: 10, Search: "%"}, "[1]", 1},
			{ledger.Filter{Limit: 10, Search: "_"}, "[4]", 1},
			{ledger.Filter{Limit: 10, Search: "äRGER"}, "[2]", 1},
			{ledger.Filter{Limit: 10, Search: "theirs"}, "[]", 0},
			{ledger.Filter{Limit: 10, Backend: "other"}, "[5]", 1},
			{ledger.Filter{Limit: 10, Account: "acme"}, "[3]", 1},
		}
		for _, tt := range tests {
			f := tt.f
			if f.Account == "" {
				f.Account = "main"
			}
			if f.Backend == "" {
				f.Backend = "dg"
			}
			entries, total, err := l.List(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			ids := []int64{}
			for _, e := range entries {
				ids = append(ids, e.ID)
			}
			if got := fmt.Sprint(ids); got != tt.want || total != tt.total {
				t.Errorf("List(%+v) = %s of %d; want %s of %d", tt.f, got, total, tt.want, tt.total)
			}
		}
	})
}

func TestLedger_OtherAccount(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		l := s.Ledger()
		id := mustEntry(t, l, ledger.Entry{Account: "main", Backend: "dg", Title: "mine"})
		for _, of := range []ledger.Entry{
			{ID: id, Account: "acme", Backend: "dg"}, {ID: id, Account: "main", Backend: "other"}, {ID: id},
		} {
			_, err := l.Entry(t.Context(), of.Account, of.Backend, id)
			wantCode(t, "Entry", err, api.NotFound)
			wantCode(t, "Complete", l.Complete(t.Context(), &of), api.NotFound)
		}
		if got, err := l.Entry(t.Context(), "main", "dg", id); err != nil || got.Title != "mine" {
			t.Errorf("Entry() = %+v, %v; want it untouched", got, err)
		}
	})
}

func TestLedger_Doubt(t *testing.T) {
	now := noon
	eachAt(t, func() time.Time { return now }, func(t *testing.T, s *Store) {
		now = noon
		l, ctx := s.Ledger(), t.Context()
		one, two := [32]byte{1}, [32]byte{2}
		begin := func(e ledger.Entry) int64 {
			t.Helper()
			id, err := l.Begin(ctx, &e)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		want := func(when, account string, of [32]byte, id int64) *ledger.Entry {
			t.Helper()
			got, err := l.InDoubt(ctx, account, "dg", of, time.Minute)
			if id == 0 {
				wantCode(t, when, err, api.NotFound)
				return nil
			}
			if err != nil || got.ID != id {
				t.Fatalf("%s: InDoubt() = %+v, %v; want %d", when, got, err, id)
			}
			return got
		}

		first := begin(ledger.Entry{Account: "main", Backend: "dg", Fingerprint: one, LongURL: "https://example.com"})
		begin(ledger.Entry{Account: "acme", Backend: "dg", Fingerprint: one, Doubtful: noon})
		begin(ledger.Entry{Account: "main", Backend: "other", Fingerprint: one, Doubtful: noon})
		begin(ledger.Entry{Account: "main", Backend: "dg", Doubtful: noon})
		want("under way", "main", one, 0)
		want("nothing has it", "main", two, 0)
		want("none taken", "main", [32]byte{}, 0)

		now = noon.Add(30 * time.Second)
		if err := l.Doubt(ctx, first); err != nil {
			t.Fatal(err)
		}
		got := want("marked", "main", one, first)
		marked := now
		if !got.Doubtful.Equal(marked) || got.Fingerprint != one || got.LongURL != "https://example.com" || !got.Created.Equal(noon) {
			t.Errorf("InDoubt() = %+v", got)
		}
		now = noon.Add(40 * time.Second)
		if err := l.Doubt(ctx, first); err != nil {
			t.Fatal(err)
		}
		if got := want("marked again", "main", one, first); !got.Doubtful.Equal(marked) {
			t.Errorf("it is doubtful since %v; want %v", got.Doubtful, marked)
		}

		second := begin(ledger.Entry{Account: "main", Backend: "dg", Fingerprint: one, Doubtful: now})
		third := begin(ledger.Entry{Account: "main", Backend: "dg", Fingerprint: one})
		want("the newest", "main", one, second)
		now = now.Add(2 * time.Minute)
		want("one whose process ended", "main", one, third)

		if err := l.Abandon(ctx, third); err != nil {
			t.Fatal(err)
		}
		done := &ledger.Entry{ID: second, Account: "main", Backend: "dg", Alias: "x"}
		if err := l.Complete(ctx, done); err != nil {
			t.Fatal(err)
		}
		want("the rest", "main", one, first)
		kept, err := l.Entry(ctx, "main", "dg", second)
		if err != nil || !kept.Doubtful.IsZero() || kept.Fingerprint != one {
			t.Errorf("a completed one = %+v, %v; want no doubt", kept, err)
		}
		wantCode(t, "Doubt of a completed one", l.Doubt(ctx, second), api.NotFound)
		wantCode(t, "Doubt of an abandoned one", l.Doubt(ctx, third), api.NotFound)
	})
}

func TestLedger_Delete(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		l, ctx := s.Ledger(), t.Context()
		id := mustEntry(t, l, ledger.Entry{Account: "main", Backend: "dg", Alias: "x"})
		intent, err := l.Begin(ctx, &ledger.Entry{Account: "main", Backend: "dg"})
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, "Delete for another account", l.Delete(ctx, "acme", "dg", id), api.NotFound)
		wantCode(t, "Delete on another backend", l.Delete(ctx, "main", "other", id), api.NotFound)
		wantCode(t, "Delete of an intent", l.Delete(ctx, "main", "dg", intent), api.NotFound)
		if err := l.Delete(ctx, "main", "dg", id); err != nil {
			t.Fatal(err)
		}
		_, err = l.Entry(ctx, "main", "dg", id)
		wantCode(t, "Entry of a deleted one", err, api.NotFound)
		wantCode(t, "Delete again", l.Delete(ctx, "main", "dg", id), api.NotFound)
	})
}
