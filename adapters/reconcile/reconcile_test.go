package reconcile

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
)

// A create that is answered writes nothing, and asks the database once a second
// at most.
func TestJournal_Answered(t *testing.T) {
	s := newSite(nil, errRefused, errConflict)
	j := s.journal()
	if _, err := s.create(t.Context(), j, "main", document); err != nil {
		t.Fatal(err)
	}
	_, err := s.create(t.Context(), j, "main", document)
	wantCode(t, "refused", err, api.Invalid)
	_, err = s.create(t.Context(), j, "main", document)
	wantCode(t, "taken", err, api.Conflict)
	s.wantState(t, 3, 0)
	if n, q := s.ledger.counted.Load(), s.ledger.queried.Load(); n != 1 || q != 0 {
		t.Errorf("the database was asked %d and %d times; want 1 and 0", n, q)
	}
	s.pass(countAge)
	if _, err = s.create(t.Context(), j, "main", document); err != nil || s.ledger.counted.Load() != 2 || len(s.asked) != 0 {
		t.Errorf("Create() = %v; the database was asked %d times, the site %v", err, s.ledger.counted.Load(), s.asked)
	}
}

func TestJournal_Found(t *testing.T) {
	s := newSite(errDoubt)
	s.finds(made, nil)
	before := s.now()
	reply, err := s.create(t.Context(), s.journal(), "main", document)
	if err != nil || string(reply.Document) != string(made.Document) || len(reply.Warnings) != 0 {
		t.Fatalf("Create() = %v, %v; want what was found", reply, err)
	}
	s.wantState(t, 1, 0)
	if s.asked[0].Before(before) || s.asked[0].After(s.now()) {
		t.Errorf("looked for one of %v; want the time at which it was sent", s.asked[0])
	}
}

func TestJournal_Doubt(t *testing.T) {
	s := newSite(errDoubt)
	j := s.journal()
	_, err := s.create(t.Context(), j, "main", document)
	wantCode(t, "unanswered", err, api.Unavailable)
	if e := api.AsError(err); e.RetryAfter != pause || !strings.Contains(e.Message, "may have been created") || !strings.Contains(e.Message, "finds out") {
		t.Errorf("Create() = %#v; want it to say what to do", e)
	}
	s.wantState(t, 1, 1)

	// The same, whatever the order of its members, is not sent again: by this
	// process and by others.
	same := ` {"custom":"spring", "url":"https://example.com/"}`
	for name, j := range map[string]*Journal{"this": j, "another": s.journal()} {
		_, err = s.create(t.Context(), j, "main", same)
		wantCode(t, name, err, api.Unavailable)
		if wait := api.AsError(err).RetryAfter; wait < time.Second || wait > minQuarantine+time.Second {
			t.Errorf("RetryAfter %v", wait)
		}
	}
	s.wantState(t, 1, 1)

	// What is not the same is.
	if _, err := s.create(t.Context(), j, "acme", document); err != nil {
		t.Error(err)
	}
	if _, err := s.create(t.Context(), j, "main", `{"url":"https://example.com/"}`); err != nil {
		t.Error(err)
	}
	forwarded := &api.Call{Key: &api.Key{Account: "main", Forwarded: "a-user-of-the-site"}}
	if fingerprint(forwarded, []byte(document)) == fingerprint(&api.Call{Key: &api.Key{Account: "main"}}, []byte(document)) {
		t.Error("users of the site are not told apart")
	}
	s.wantState(t, 3, 1)

	// It cannot be found out.
	s.finds(nil, errAway)
	s.pass(2 * minQuarantine)
	_, err = s.create(t.Context(), j, "main", document)
	wantCode(t, "the site is away", err, api.Unavailable)
	s.wantState(t, 3, 1)

	// It is there after all.
	s.finds(made, nil)
	reply, err := s.create(t.Context(), j, "main", document)
	if err != nil || string(reply.Document) != string(made.Document) {
		t.Errorf("Create() = %v, %v; want what was found", reply, err)
	}
	s.wantState(t, 3, 0)
}

// After the quarantine what was never made is made, also where a clock was set
// back; several doubts of the same request are ended one after the other.
func TestJournal_Quarantine(t *testing.T) {
	for name, d := range map[string]time.Duration{"later": minQuarantine, "clock-set-back": -24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			s := newSite(errDoubt)
			_, err := s.create(t.Context(), s.journal(), "main", document)
			wantCode(t, "unanswered", err, api.Unavailable)
			s.doubt(t, s.now())
			s.pass(d)
			if _, err := s.create(t.Context(), s.journal(), "main", document); err != nil {
				t.Fatal(err)
			}
			s.wantState(t, 2, 0)
		})
	}
}

// A conflict with what an earlier one of the same request has made is none.
func TestJournal_Conflict(t *testing.T) {
	s := newSite(errDoubt, errConflict)
	j := s.journal()
	_, err := s.create(t.Context(), j, "main", document)
	wantCode(t, "unanswered", err, api.Unavailable)
	s.pass(minQuarantine)
	sent := s.asked[0]
	s.answers[1] = func() (*api.Reply, error) {
		s.finds(made, nil)
		return nil, errConflict
	}
	if reply, err := s.create(t.Context(), j, "main", document); err != nil || string(reply.Document) != string(made.Document) {
		t.Fatalf("Create() = %v, %v; want what was found", reply, err)
	}
	if last := s.asked[len(s.asked)-1]; !last.Equal(sent) {
		t.Errorf("looked for one of %v; want the first, of %v", last, sent)
	}
	s.wantState(t, 2, 0)

	// Another process is in doubt of it while this one sends.
	s = newSite()
	j = s.journal()
	s.answers = append(s.answers, func() (*api.Reply, error) {
		s.doubt(t, time.Now())
		s.finds(made, nil)
		s.pass(countAge)
		return nil, errConflict
	})
	if reply, err := s.create(t.Context(), j, "main", document); err != nil || string(reply.Document) != string(made.Document) {
		t.Errorf("Create() = %v, %v; want what was found", reply, err)
	}
	s.wantState(t, 1, 0)
}

// A caller who has gone hears nothing, so that the request is in doubt even where
// the site has answered.
func TestJournal_CallerGone(t *testing.T) {
	for name, err := range map[string]error{"answered": nil, "in-doubt": errDoubt} {
		t.Run(name, func(t *testing.T) {
			s := newSite()
			ctx, cancel := context.WithCancel(t.Context())
			s.answers = append(s.answers, func() (*api.Reply, error) {
				cancel()
				return answer(err)()
			})
			j := s.journal()
			s.finds(made, nil)
			_, _ = s.create(ctx, j, "main", document)
			s.wantState(t, 1, 1)
			if reply, err := s.create(t.Context(), j, "main", document); err != nil || string(reply.Document) != string(made.Document) {
				t.Errorf("Create() = %v, %v; want what was found", reply, err)
			}
			s.wantState(t, 1, 0)
		})
	}
}

// A request that is sent again while the first one is under way, whose caller has
// gone, waits for that; one whose caller is there does not hold it up.
func TestJournal_StillUnderWay(t *testing.T) {
	s := newSite()
	j := s.journal()
	first, release := make(chan struct{}), make(chan struct{})
	s.answers = append(s.answers, func() (*api.Reply, error) {
		close(first)
		<-release
		return nil, errDoubt
	})
	s.finds(made, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = s.create(ctx, j, "main", document) })
	<-first
	if _, err := s.create(t.Context(), j, "main", document); err != nil {
		t.Fatal(err)
	}
	cancel()
	impatient, stop := context.WithCancel(t.Context())
	stop()
	_, err := s.create(impatient, j, "main", document)
	wantCode(t, "a caller who does not wait", err, api.Unavailable)
	wg.Go(func() {
		if reply, err := s.create(t.Context(), j, "main", document); err != nil || string(reply.Document) != string(made.Document) {
			t.Errorf("Create() = %v, %v; want what the first one has made", reply, err)
		}
	})
	close(release)
	wg.Wait()
	s.wantState(t, 2, 0)
	if len(j.flights.under) != 0 {
		t.Error("flights are left")
	}
}

// Without the database nobody knows what is in doubt: nothing is sent. A create
// that is sent and cannot be recorded promises nothing.
func TestJournal_DatabaseAway(t *testing.T) {
	s := newSite()
	s.ledger.away.Store(true)
	j := s.journal()
	_, err := s.create(t.Context(), j, "main", document)
	wantCode(t, "away", err, api.Unavailable)
	s.wantState(t, 0, 0)

	s.ledger.away.Store(false)
	s.answers = append(s.answers, func() (*api.Reply, error) {
		s.ledger.away.Store(true)
		return nil, errDoubt
	})
	_, err = s.create(t.Context(), j, "main", document)
	wantCode(t, "away in between", err, api.Unavailable)
	if m := api.AsError(err).Message; !strings.Contains(m, "may have been created") || strings.Contains(m, "finds out") {
		t.Errorf("message %q", m)
	}
}

// Without a ledger a create in doubt is looked for once.
func TestJournal_NoLedger(t *testing.T) {
	s := newSite(errDoubt, errDoubt)
	j := New(Config{Backend: "kr"})
	s.finds(made, nil)
	if reply, err := s.create(t.Context(), j, "main", document); err != nil || string(reply.Document) != string(made.Document) {
		t.Errorf("Create() = %v, %v; want what was found", reply, err)
	}
	s.finds(nil, nil)
	_, err := s.create(t.Context(), j, "main", document)
	wantCode(t, "unanswered", err, api.Unavailable)
}

// No password, nor anything that tells it, is kept; the answer says that the
// link may have another one.
func TestJournal_Password(t *testing.T) {
	s := newSite(errDoubt)
	j := s.journal()
	_, err := s.create(t.Context(), j, "main", `{"url":"https://example.com/","password":"one"}`)
	wantCode(t, "unanswered", err, api.Unavailable)
	call := &api.Call{Key: &api.Key{}}
	if fingerprint(call, []byte(`{"url":"a","password":"x"}`)) == fingerprint(call, []byte(`{"url":"a"}`)) {
		t.Error("with and without a password is the same")
	}
	s.finds(made, nil)
	reply, err := s.create(t.Context(), j, "main", `{"url":"https://example.com/","password":"two"}`)
	if err != nil || len(reply.Warnings) != 1 || reply.Warnings[0].Field != "password" {
		t.Errorf("Create() = %+v, %v; want a warning", reply, err)
	}
	s.wantState(t, 1, 0)
}

// An intent whose process died is as good as marked once it is older than the
// quarantine; before, it may be under way.
func TestJournal_Died(t *testing.T) {
	s := newSite()
	j := s.journal()
	call := &api.Call{Key: &api.Key{Account: "main"}}
	if _, err := s.ledger.Begin(t.Context(), &ledger.Entry{
		Account: "main", Backend: "kr", Fingerprint: fingerprint(call, []byte(document)), Created: time.Now().Add(-time.Hour),
	}); err != nil {
		t.Fatal(err)
	}
	s.finds(made, nil)
	if reply, err := s.create(t.Context(), j, "main", document); err != nil || string(reply.Document) != string(made.Document) {
		t.Errorf("Create() = %v, %v; want what was found", reply, err)
	}
	s.wantState(t, 0, 0)
}

func TestDoubts_Change(t *testing.T) {
	var c Doubts
	now := time.Now()
	// A doubt begins while the number is read: it must not be overlooked.
	some, err := c.Any(now, func() (int, error) {
		c.Forget()
		return 0, nil
	})
	if err != nil || !some {
		t.Errorf("Any() = %t, %v; want true", some, err)
	}
	if some, _ := c.Any(now, func() (int, error) { return 1, nil }); !some {
		t.Error("a number from before the change is used")
	}
}

func BenchmarkJournal_Create(b *testing.B) {
	s := newSite()
	j := s.journal()
	c := Create{
		Document: []byte(document),
		Send:     func(context.Context) (*api.Reply, error) { return made, nil },
	}
	call := &api.Call{Key: &api.Key{Account: "main"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := j.Create(b.Context(), call, c); err != nil {
			b.Fatal(err)
		}
	}
}
