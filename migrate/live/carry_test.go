package live_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/live"
	"github.com/linkquay/linkquay/shortener"
)

const secret = "correct-horse-battery"

// TestCarry_Password: the password of a request reaches a target that knows
// hashes as one, and the database never has it.
func TestCarry_Password(t *testing.T) {
	s := newStand(t)
	s.open(t)
	s.copy(t)
	must(t, migrate.BeginDualWrite(t.Context(), s.mover))
	s.mustDo(t, api.CreateLink, api.Path{}, `{"url":"https://example.com","custom":"locked","password":%q}`, secret)
	s.drained(t)
	l, err := s.store.LinkByAlias(t.Context(), "", "locked")
	must(t, err)
	if ok, err := shortener.VerifyPassword(t.Context(), l.PasswordHash, secret); !ok || err != nil {
		t.Errorf("the target has another password: %q, %v", l.PasswordHash, err)
	}
	for _, end := range []string{"", "-wal"} {
		content, err := os.ReadFile(s.database + end)
		must(t, err)
		if bytes.Contains(content, []byte(secret)) {
			t.Errorf("the file %s of the database has the password", end)
		}
	}
}

// TestCarry_PlainPassword: a target that takes no hashes gets the password itself.
func TestCarry_PlainPassword(t *testing.T) {
	s := newStand(t)
	s.openMove(t, api.NativeBackend, "kr")
	s.copy(t)
	must(t, migrate.BeginDualWrite(t.Context(), s.mover))
	s.noticed(t)
	_, err := ask(t.Context(), s.native, api.NativeBackend, api.CreateLink, api.Path{}, `{"url":"https://example.com","custom":"locked","password":"`+secret+`"}`)
	must(t, err)
	s.drained(t)
	for _, l := range s.site.Links() {
		if l.Alias == "locked" && l.Sent["password"] == secret {
			return
		}
	}
	// The other server may have carried it, which does not know the password:
	// then the row says so.
	rows, err := s.store.Moves().Rows(t.Context(), migrate.Filter{Move: s.mover.Move.ID, Different: true})
	must(t, err)
	if len(rows) != 1 || strings.Join(rows[0].Different, " ") != "password" {
		t.Errorf("the site has no such password, and the rows that differ are %+v", rows)
	}
}

// TestCarry_Outage: while the target does not answer, writes go on at the source,
// and wait; afterwards they are carried, none twice.
func TestCarry_Outage(t *testing.T) {
	s := newStand(t)
	target := &outage{Backend: s.places["kr"].Backend}
	s.places["kr"].Backend = target
	s.openMove(t, api.NativeBackend, "kr")
	s.copy(t)
	must(t, migrate.BeginDualWrite(t.Context(), s.mover))
	s.noticed(t)
	target.down.Store(true)
	for _, alias := range []string{"one", "two", "three"} {
		_, err := ask(t.Context(), s.native, api.NativeBackend, api.CreateLink, api.Path{}, `{"url":"https://example.com/`+alias+`","custom":"out-`+alias+`"}`)
		must(t, err)
	}
	time.Sleep(10 * every)
	report, err := migrate.StatusOf(t.Context(), s.store.Moves(), s.mover.Move)
	must(t, err)
	if report.Waiting != 3 || report.GivenUp != 0 {
		t.Errorf("while the target is away %d writes wait, %d were given up", report.Waiting, report.GivenUp)
	}
	target.down.Store(false)
	s.drained(t)
	if n := len(s.site.Links()); n != 3 {
		t.Errorf("the site has %d links; want 3", n)
	}
}

// outage is a backend that is away while down is set.
type outage struct {
	adapters.Backend
	down atomic.Bool
}

func (o *outage) Do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if o.down.Load() {
		return nil, api.Errorf(api.Unavailable, "The backend does not answer.")
	}
	return o.Backend.Do(ctx, call)
}

// TestCarry_Conflict: what stands in the way of a write is named when the write
// was given up, and stops none behind it.
func TestCarry_Conflict(t *testing.T) {
	s := newStand(t)
	s.open(t)
	s.copy(t)
	must(t, migrate.BeginDualWrite(t.Context(), s.mover))
	_, err := ask(t.Context(), s.native, api.NativeBackend, api.CreateLink, api.Path{}, `{"url":"https://example.com/mine","custom":"taken"}`)
	must(t, err)
	id := s.mustDo(t, api.CreateLink, api.Path{}, `{"url":"https://example.com/theirs","custom":"taken"}`).Get("id").Int()
	s.mustDo(t, api.CreateLink, api.Path{}, `{"url":"https://example.com/free","custom":"free"}`)
	var report *migrate.StatusReport
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(every) {
		report, err = migrate.StatusOf(t.Context(), s.store.Moves(), s.mover.Move)
		must(t, err)
		if report.Waiting == 0 || time.Now().After(deadline) {
			break
		}
	}
	if report.GivenUp != 1 || len(report.Refused) != 1 || report.Refused[0].ID != id || report.Refused[0].At != "kr" || report.Refused[0].Reason == "" {
		t.Errorf("the report is %+v", report)
	}
	if l, err := s.store.LinkByAlias(t.Context(), "", "free"); err != nil || l.URL != "https://example.com/free" {
		t.Errorf("the link behind it is %+v, %v", l, err)
	}
	var text strings.Builder
	must(t, report.WriteText(&text))
	if !strings.Contains(text.String(), "given up: link "+itoa(id)+" written at kr") || !strings.Contains(text.String(), "0 to be carried over, 1 given up") {
		t.Errorf("the report reads %s", text.String())
	}
}

// TestCarry_LostCreate: of a create whose server died before it was told what
// came of it, the link is found, by its alias or among the newest.
func TestCarry_LostCreate(t *testing.T) {
	s := newStand(t)
	s.open(t)
	s.copy(t)
	store := s.store.Moves()
	site := s.places["kr"].Backend
	for _, document := range []string{`{"url":"https://example.com/alias","custom":"by-alias"}`, `{"url":"https://example.com/newest"}`, `{"url":"https://example.com/never"}`} {
		must(t, store.NoteEntry(t.Context(), &migrate.Entry{Move: s.mover.Move.ID, Kind: "link", Document: []byte(document)}))
		if !strings.Contains(document, "never") {
			_, err := ask(t.Context(), site, "kr", api.CreateLink, api.Path{}, document)
			must(t, err)
		}
	}
	must(t, migrate.BeginDualWrite(t.Context(), s.mover))
	time.Sleep(10 * every)
	if waiting, _, err := store.CountEntries(t.Context(), s.mover.Move.ID); waiting != 3 || err != nil {
		t.Errorf("%d writes wait that may still be under way, %v; want 3", waiting, err)
	}
	// Two minutes later they are not.
	s.serve(t, live.Config{Now: func() time.Time { return time.Now().Add(2 * time.Minute) }})
	s.drained(t)
	counts, err := store.CountRows(t.Context(), s.mover.Move.ID)
	must(t, err)
	if p := migrate.ParityOf(counts, 100); p.Links != 2 || !p.Passed() {
		t.Errorf("the parity is %v; want two links alike", p)
	}
}
