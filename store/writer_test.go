package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

func TestWriter_ManyAtOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		const writers, each = 64, 50
		var conflicts atomic.Int64
		ids := make(chan int64, writers*each)
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					l := newLink("main", fmt.Sprintf("%d-%d", w, i))
					if err := create(t.Context(), s, l); err != nil {
						t.Errorf("CreateLink(%q) = %v", l.Alias, err)
					}
					ids <- l.ID
					// Everybody wants these.
					err := create(t.Context(), s, newLink("main", fmt.Sprintf("shared-%d", i)))
					if err != nil {
						wantCode(t, "CreateLink(shared)", err, api.Conflict)
						conflicts.Add(1)
					}
				}
			})
		}
		wg.Wait()
		close(ids)
		seen := map[int64]bool{}
		for id := range ids {
			if seen[id] {
				t.Errorf("id %d was given twice", id)
			}
			seen[id] = true
		}
		if got, want := conflicts.Load(), int64((writers-1)*each); got != want {
			t.Errorf("%d conflicts; want %d", got, want)
		}
		links, total, err := s.Links(t.Context(), shortener.Filter{Account: "main", Limit: 10_000})
		if want := writers*each + each; err != nil || total != want || len(links) != want {
			t.Errorf("Links() = %d of %d, %v; want %d", len(links), total, err, want)
		}
		aliases := map[string]bool{}
		for _, l := range links {
			if aliases[l.Alias] {
				t.Errorf("alias %q is there twice", l.Alias)
			}
			aliases[l.Alias] = true
		}
	})
}

// hold makes the writer wait in a job of its own until release is called, so
// that what comes meanwhile is committed together.
func hold(t *testing.T, s *Store) (release func() error) {
	t.Helper()
	started, end := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- s.writer.do(context.WithoutCancel(t.Context()), func(*session) error {
			close(started)
			<-end
			return nil
		})
	}()
	<-started
	return func() error {
		close(end)
		return <-done
	}
}

// queued waits until so many jobs wait behind the one that holds the writer.
func queued(t *testing.T, s *Store, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); len(s.writer.(*groupWriter).jobs) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d jobs wait; want %d", len(s.writer.(*groupWriter).jobs), n)
		}
	}
}

func TestWriter_FailureLeavesTheOthersOfItsCommit(t *testing.T) {
	s := openTemp(t)
	release := hold(t, s)
	errs := make(map[string]chan error)
	for i, alias := range []string{"a", "b", "a", "c"} {
		answer := make(chan error, 1)
		errs[fmt.Sprint(i, alias)] = answer
		go func() { answer <- create(t.Context(), s, newLink("main", alias)) }()
		queued(t, s, i+1)
	}
	if err := release(); err != nil {
		t.Errorf("the job that held the writer: %v", err)
	}
	for name, want := range map[string]bool{"0a": true, "1b": true, "2a": false, "3c": true} {
		err := <-errs[name]
		if want && err != nil {
			t.Errorf("create %s = %v; want none", name, err)
		}
		if !want {
			wantCode(t, "create "+name, err, api.Conflict)
		}
	}
	if _, total, err := s.Links(t.Context(), shortener.Filter{Account: "main"}); err != nil || total != 3 {
		t.Errorf("%d links, %v; want 3", total, err)
	}
}

// What a job did before it failed is undone, and nothing else.
func TestWriter_FailureIsUndone(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		broken := errors.New("changed my mind")
		err := s.writer.do(t.Context(), func(tx *session) error {
			if err := register(tx, "half", moment(time.Now())); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("do() = %v; want %v", err, broken)
		}
		var n int
		if err := s.pools.lookups.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM accounts").Scan(&n); err != nil || n != 0 {
			t.Errorf("%d accounts, %v; want none", n, err)
		}
	})
}

func TestWriter_CancelledWhileWaiting(t *testing.T) {
	s := openTemp(t)
	release := hold(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	errs := make(chan error, 1)
	go func() { errs <- create(ctx, s, newLink("main", "withdrawn")) }()
	queued(t, s, 1)
	cancel()
	wantCode(t, "a withdrawn create", <-errs, api.Unavailable)
	if err := release(); err != nil {
		t.Errorf("the job that held the writer: %v", err)
	}
	mustCreate(t, s, newLink("main", "later"))
	_, err := s.LinkByAlias(t.Context(), "", "withdrawn")
	wantCode(t, "LinkByAlias(withdrawn)", err, api.NotFound)
}

// Whoever is told of success finds the write, and whoever is not, does not,
// whenever the context ends.
func TestWriter_CancelledAtAnyMoment(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		var wg sync.WaitGroup
		for w := range 16 {
			wg.Go(func() {
				for i := range 60 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration((w*60+i)%40)*50*time.Microsecond)
					alias := fmt.Sprintf("%d-%d", w, i)
					err := create(ctx, s, newLink("main", alias))
					cancel()
					_, lookupErr := s.LinkByAlias(t.Context(), "", alias)
					if (err == nil) != (lookupErr == nil) {
						t.Errorf("%s: CreateLink() = %v, but LinkByAlias() = %v", alias, err, lookupErr)
					}
				}
			})
		}
		wg.Wait()
	})
}

func TestWriter_CloseFinishesWhatWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "linkquay.db")
	s := openConfig(t, Config{Source: path})
	release := hold(t, s)
	const waiting = 100
	errs := make(chan error, waiting)
	for i := range waiting {
		go func() { errs <- create(t.Context(), s, newLink("main", fmt.Sprint("a", i))) }()
	}
	queued(t, s, waiting)
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	<-s.writer.(*groupWriter).closing
	wantCode(t, "a create after Close", create(t.Context(), s, newLink("main", "late")), api.Unavailable)
	if err := release(); err != nil {
		t.Errorf("the job that held the writer: %v", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close() = %v", err)
	}
	for range waiting {
		if err := <-errs; err != nil {
			t.Errorf("a create that waited: %v", err)
		}
	}
	if _, total, err := openConfig(t, Config{Source: path}).Links(t.Context(), shortener.Filter{Account: "main"}); err != nil || total != waiting {
		t.Errorf("%d links, %v; want %d", total, err, waiting)
	}
}

// A job that is handed over behind the last commit must not wait forever.
func TestWriter_JobBehindTheLastCommit(t *testing.T) {
	w := &groupWriter{jobs: make(chan *job, 1), closing: make(chan struct{}), ended: make(chan struct{})}
	answer := make(chan error, 1)
	go func() { answer <- w.do(t.Context(), func(*session) error { return nil }) }()
	for len(w.jobs) == 0 {
		time.Sleep(time.Millisecond)
	}
	close(w.closing)
	close(w.ended)
	if err := <-answer; !errors.Is(err, errClosed) {
		t.Errorf("do() = %v; want %v", err, errClosed)
	}
}

// Writes that race with Close are durable or refused, never left hanging.
func TestWriter_CloseDuringWrites(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		var written atomic.Int64
		for round := range 10 {
			s := openConfig(t, cfg)
			var wg sync.WaitGroup
			for w := range 16 {
				wg.Go(func() {
					for i := range 1000 {
						if err := create(t.Context(), s, newLink("main", fmt.Sprintf("%d-%d-%d", round, w, i))); err != nil {
							wantCode(t, "CreateLink", err, api.Unavailable)
							return
						}
						written.Add(1)
					}
				})
			}
			time.Sleep(5 * time.Millisecond)
			mustClose(t, s)
			wg.Wait()
			if _, total, err := openConfig(t, cfg).Links(t.Context(), shortener.Filter{Account: "main"}); err != nil || int64(total) != written.Load() {
				t.Errorf("%d links, %v; want %d", total, err, written.Load())
			}
		}
	})
}

func TestWriter_DiskFull(t *testing.T) {
	s := openTemp(t)
	mustCreate(t, s, newLink("main", "before"))
	limitPages(t, s, 0)

	big := func(alias string) *shortener.Link {
		l := newLink("main", alias)
		l.Description = strings.Repeat("x", 100_000)
		return l
	}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			wantCode(t, "CreateLink on a full disk", create(t.Context(), s, big(fmt.Sprint("full", i))), api.Unavailable)
		})
	}
	wg.Wait()
	if _, err := s.LinkByAlias(t.Context(), "", "before"); err != nil {
		t.Errorf("LinkByAlias() on a full disk = %v", err)
	}
	limitPages(t, s, 1<<30)
	mustCreate(t, s, big("after"))
	if _, total, err := s.Links(t.Context(), shortener.Filter{Account: "main"}); err != nil || total != 2 {
		t.Errorf("%d links, %v; want the one before and the one after", total, err)
	}
	checkWhole(t, s)
}

// limitPages makes the disk as full as SQLite can pretend. It cannot be less
// than what the database has.
func limitPages(t *testing.T, s *Store, pages int) {
	t.Helper()
	err := s.writer.do(t.Context(), func(tx *session) error {
		var got int
		return tx.conn.QueryRowContext(tx.ctx, fmt.Sprintf("PRAGMA max_page_count = %d", max(pages, 1))).Scan(&got)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Where the commit fails, nobody of it is told of success, and nothing of it
// is written.
func TestWriter_CommitFails(t *testing.T) {
	tests := []struct {
		name string
		job  func(tx *session) error
	}{
		{"at its end", func(tx *session) error {
			// A constraint that is looked at by the commit alone.
			if _, err := tx.conn.ExecContext(tx.ctx, "PRAGMA defer_foreign_keys = ON"); err != nil {
				return err
			}
			_, err := tx.exec("INSERT INTO link_clicks (link_id, clicks) VALUES (99, 0)")
			return err
		}},
		{"on the way", func(tx *session) error {
			_, err := tx.exec("ROLLBACK")
			return err
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := openTemp(t)
			mustCreate(t, s, newLink("main", "before"))
			release := hold(t, s)
			created, taken, broken := make(chan error, 1), make(chan error, 1), make(chan error, 1)
			go func() { created <- create(t.Context(), s, newLink("main", "lost")) }()
			queued(t, s, 1)
			go func() { taken <- create(t.Context(), s, newLink("main", "lost")) }()
			queued(t, s, 2)
			go func() { broken <- s.writer.do(t.Context(), tt.job) }()
			queued(t, s, 3)
			wantCode(t, "the first write", release(), api.Unavailable)
			wantCode(t, "a create", <-created, api.Unavailable)
			wantCode(t, "a create that conflicted with one that is lost", <-taken, api.Unavailable)
			wantCode(t, "the cause", <-broken, api.Unavailable)

			_, err := s.LinkByAlias(t.Context(), "", "lost")
			wantCode(t, "LinkByAlias(lost)", err, api.NotFound)
			mustCreate(t, s, newLink("main", "lost"))
		})
	}
}
