package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/store/postgrestest"
)

// A job that the database gives up is run again.
func TestPostgres_TransientFailure(t *testing.T) {
	s := openPostgresTemp(t)
	for _, err := range []error{
		&pgconn.PgError{Code: serializationFailure}, &pgconn.PgError{Code: deadlockDetected}, &pgconn.PgError{Code: adminShutdown},
		fmt.Errorf("reading: %w", net.ErrClosed),
	} {
		runs := 0
		got := s.writer.do(t.Context(), func(tx *session) error {
			if err := register(tx, fmt.Sprint("half", runs), moment(noon)); err != nil {
				return err
			}
			if runs++; runs < 3 {
				return err
			}
			return nil
		})
		if got != nil || runs != 3 {
			t.Errorf("a job that failed twice with %v: %v after %d runs", err, got, runs)
		}
	}
	var n int
	if err := s.pools.lookups.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM accounts").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d accounts, %v; want what the last runs did", n, err)
	}
	runs := 0
	err := s.writer.do(t.Context(), func(*session) error { runs++; return &pgconn.PgError{Code: deadlockDetected} })
	wantCode(t, "a job that always fails", codedError("testing", err), api.Unavailable)
	if runs != maxAttempts {
		t.Errorf("a job that always fails was run %d times; want %d", runs, maxAttempts)
	}
}

// Two jobs that wait for each other both come through.
func TestPostgres_Deadlock(t *testing.T) {
	s := openPostgresTemp(t)
	names := []string{"one", "two"}
	for _, name := range names {
		if _, err := s.Account(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	var first [2]sync.Once
	var both sync.WaitGroup
	both.Add(2)
	var jobs sync.WaitGroup
	for i := range names {
		jobs.Go(func() {
			err := s.writer.do(t.Context(), func(tx *session) error {
				for k := range names {
					if k == 1 {
						// Each has one row and now wants the other's.
						first[i].Do(both.Done)
						both.Wait()
					}
					name := names[(i+k)%2]
					if _, err := tx.exec("UPDATE accounts SET email = email || ? WHERE name = ?", name, name); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Errorf("do() = %v", err)
			}
		})
	}
	jobs.Wait()
	for _, name := range names {
		if a, err := s.Account(t.Context(), name); err != nil || a.Email != name+name {
			t.Errorf("account %s = %+v, %v; want both changes", name, a, err)
		}
	}
}

// A job that goes on behind a statement that failed is not told of success.
func TestPostgres_FailureSwallowed(t *testing.T) {
	s := openPostgresTemp(t)
	mustCreate(t, s, newLink("main", "taken"))
	err := s.writer.do(t.Context(), func(tx *session) error {
		if err := register(tx, "half", moment(noon)); err != nil {
			return err
		}
		_, _ = tx.exec("INSERT INTO revisions (name, value) VALUES ('keys', 1)")
		return nil
	})
	wantCode(t, "do()", codedError("testing", err), api.Internal)
	var n int
	if err := s.pools.lookups.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM accounts WHERE name = 'half'").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d accounts, %v; want none", n, err)
	}
}

// Where the connection is lost during the commit, nobody knows what came of it:
// the job is not run again, and the caller is not told of success.
func TestPostgres_LostDuringCommit(t *testing.T) {
	s := openPostgresTemp(t)
	runs := 0
	err := s.writer.do(t.Context(), func(tx *session) error {
		runs++
		for _, statement := range []string{
			"CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'",
			"CREATE CONSTRAINT TRIGGER die AFTER INSERT ON accounts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()",
		} {
			if _, err := tx.exec(statement); err != nil {
				return err
			}
		}
		return register(tx, "perhaps", moment(noon))
	})
	wantCode(t, "do()", err, api.Unavailable)
	if runs != 1 {
		t.Errorf("the job was run %d times; want once", runs)
	}
	if _, err := s.Account(t.Context(), "later"); err != nil {
		t.Errorf("Account() after a lost connection = %v", err)
	}
}

// Nothing is waited for longer than the context lasts, a connection too.
func TestPostgres_WithdrawnWhileWaiting(t *testing.T) {
	s := openConfig(t, Config{Driver: Postgres, Source: postgrestest.Database(t) + "&pool_max_conns=4"})
	started, end := make(chan struct{}, 8), make(chan struct{})
	var wg sync.WaitGroup
	size := s.pools.write.db.Stats().MaxOpenConnections
	for range size {
		wg.Go(func() {
			if err := s.writer.do(t.Context(), func(*session) error { started <- struct{}{}; <-end; return nil }); err != nil {
				t.Errorf("do() = %v", err)
			}
		})
	}
	for range size {
		<-started
	}
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error, 1)
	go func() { answer <- s.writer.do(ctx, func(*session) error { t.Error("the job was run"); return nil }) }()
	for s.pools.write.db.Stats().WaitCount == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("do() = %v; want %v", err, context.Canceled)
	}
	close(end)
	wg.Wait()
}

// Close refuses new writes and finishes those that wait for a connection.
func TestPostgres_CloseFinishesWhatWaits(t *testing.T) {
	cfg := Config{Driver: Postgres, Source: postgrestest.Database(t) + "&pool_max_conns=4"}
	s := openConfig(t, cfg)
	size := s.pools.write.db.Stats().MaxOpenConnections
	started, end := make(chan struct{}, size), make(chan struct{})
	const waiting = 20
	errs := make(chan error, size+waiting)
	for range size {
		go func() {
			errs <- s.writer.do(t.Context(), func(*session) error { started <- struct{}{}; <-end; return nil })
		}()
	}
	for range size {
		<-started
	}
	for i := range waiting {
		go func() { errs <- create(t.Context(), s, newLink("main", fmt.Sprint("a", i))) }()
	}
	for s.pools.write.db.Stats().WaitCount < waiting {
		time.Sleep(time.Millisecond)
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	for refusing := false; !refusing; time.Sleep(time.Millisecond) {
		w := s.writer.(*transactionWriter)
		w.mu.RLock()
		refusing = w.closed
		w.mu.RUnlock()
	}
	close(end)
	if err := <-closed; err != nil {
		t.Errorf("Close() = %v", err)
	}
	for range size + waiting {
		if err := <-errs; err != nil {
			t.Errorf("a write that waited: %v", err)
		}
	}
	wantCode(t, "a create after Close", create(t.Context(), s, newLink("main", "late")), api.Unavailable)
	var n int
	err := openConfig(t, cfg).pools.lookups.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM links").Scan(&n)
	if err != nil || n != waiting {
		t.Errorf("%d links, %v; want %d", n, err, waiting)
	}
}

// What takes long may do so, and ends with its context.
func TestPostgres_LongJob(t *testing.T) {
	s := openPostgresTemp(t)
	for want, do := range map[string]func(context.Context, func(*session) error) error{"30s": s.writer.do, "0": s.writer.doLong} {
		var got string
		err := do(t.Context(), func(tx *session) error {
			return tx.queryRow("SELECT current_setting('statement_timeout')").Scan(&got)
		})
		if err != nil || got != want {
			t.Errorf("statement_timeout = %s, %v; want %s", got, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := s.writer.doLong(ctx, func(tx *session) error {
		if err := register(tx, "half", moment(noon)); err != nil {
			return err
		}
		cancel()
		_, err := tx.exec("SELECT pg_sleep(600)")
		return err
	})
	wantCode(t, "doLong()", codedError("testing", err), api.Unavailable)
	var n int
	if err := s.pools.lookups.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM accounts").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d accounts, %v; want none", n, err)
	}
}
