package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/store/postgrestest"
)

func openPostgresTemp(t *testing.T) *Store {
	t.Helper()
	return openConfig(t, Config{Driver: Postgres, Source: postgrestest.Database(t)})
}

// The connection string is a secret, however it is wrong.
func TestPostgres_SecretStaysSecret(t *testing.T) {
	source := postgrestest.Database(t)
	u, err := url.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	with := func(change func(u *url.URL)) string {
		c := *u
		change(&c)
		return c.String()
	}
	const wrong = "Wr0ng-Secret"
	tests := []struct{ name, source, want string }{
		{"wrong password", with(func(u *url.URL) { u.User = url.UserPassword("linkquay", wrong) }), "password authentication failed"},
		{"unknown user", with(func(u *url.URL) { u.User = url.UserPassword("nobody", wrong) }), "password authentication failed"},
		{"no such database", with(func(u *url.URL) { u.Path = "/nowhere" }), "does not exist"},
		{"nobody listens", with(func(u *url.URL) { u.Host = closed.Addr().String() }), "refused"},
		{"bad port", "postgres://linkquay:" + wrong + "@127.0.0.1:port/x", "malformed"},
		{"bad URL", "postgres://linkquay:" + wrong + "%zz@127.0.0.1/x", "malformed"},
		{"password with a slash", "postgres://linkquay:a/" + wrong + "@127.0.0.1/x", ""},
		{"pairs", "host=127.0.0.1 port=x password='" + wrong + " " + wrong, "malformed"},
		{"pairs, misspelt", "host=127.0.0.1 passwort=" + wrong + " port=" + wrong, "malformed"},
		{"a password alone", wrong, "malformed"},
		{"bad setting", with(func(u *url.URL) { u.RawQuery += "&no_such_setting=" + "1" }), "no_such_setting"},
	}
	password, _ := u.User.Password()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Open(t.Context(), Config{Driver: Postgres, Source: tt.source})
			if err == nil {
				mustClose(t, s)
				t.Fatal("Open() opened it")
			}
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
				if strings.Contains(text, password) || strings.Contains(text, wrong) || strings.Contains(text, url.QueryEscape(password)) {
					t.Errorf("Open() tells the secret: %s", text)
				}
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open() = %v; want %q", err, tt.want)
			}
		})
	}
}

func TestPostgres_Settings(t *testing.T) {
	s := openPostgresTemp(t)
	for setting, want := range map[string]string{
		"application_name": "linkquay", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "30s",
	} {
		for name, p := range map[string]*pool{"lookups": s.pools.lookups, "lists": s.pools.lists, "write": s.pools.write} {
			var got string
			if err := p.QueryRowContext(t.Context(), "SELECT current_setting(?)", setting).Scan(&got); err != nil || got != want {
				t.Errorf("%s of %s = %q, %v; want %q", setting, name, got, err, want)
			}
		}
	}
	tests := []struct {
		query string
		want  int
	}{{"", postgresConns}, {"&pool_max_conns=20", 20}, {"&pool_max_conns=1", minPostgresConns}}
	for _, tt := range tests {
		s := openConfig(t, Config{Driver: Postgres, Source: postgrestest.Database(t) + tt.query})
		var got int
		for _, p := range []*pool{s.pools.lookups, s.pools.lists, s.pools.write} {
			got += p.db.Stats().MaxOpenConnections
		}
		if got != tt.want {
			t.Errorf("with %q there are %d connections; want %d", tt.query, got, tt.want)
		}
	}
}

// What PostgreSQL cannot hold is the client's mistake, and finds nothing.
func TestPostgres_UnstorableText(t *testing.T) {
	s := openPostgresTemp(t)
	for _, text := range []string{"a\x00b", "a\xffb"} {
		l := newLink("main", "alias")
		l.MetaTitle = text
		wantCode(t, "CreateLink", create(t.Context(), s, l), api.Invalid)
		_, err := s.LinkByAlias(t.Context(), "", text)
		wantCode(t, "LinkByAlias", err, api.NotFound)
	}
	mustCreate(t, s, newLink("main", "alias"))
}

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

// Connections that an administrator or a firewall ends are replaced without
// anybody noticing.
func TestPostgres_ConnectionsEnded(t *testing.T) {
	s := openPostgresTemp(t)
	admin := openPostgresTemp(t)
	l := mustCreate(t, s, newLink("main", "a"))
	var database string
	if err := s.pools.lookups.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&database); err != nil {
		t.Fatal(err)
	}
	for name, call := range calls(t.Context(), s, l) {
		if strings.HasPrefix(name, "Delete") {
			continue
		}
		before := call()
		var n int
		err := admin.pools.lists.QueryRowContext(t.Context(),
			"SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = ?", database).Scan(&n)
		if err != nil || n == 0 {
			t.Fatalf("%d connections ended, %v", n, err)
		}
		if err := call(); err != nil && api.AsError(err).Code == api.Unavailable {
			t.Errorf("%s = %v after its connection was ended; before that %v", name, err, before)
		}
	}
}

// proxy passes connections on to a server, until it falls silent.
type proxy struct {
	net.Listener
	silent atomic.Bool
	wg     sync.WaitGroup
}

func startProxy(t *testing.T, server string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l}
	p.wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				t.Error(err)
				return
			}
			p.wg.Go(func() { p.pass(upstream, client) })
			p.wg.Go(func() { p.pass(client, upstream) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.wg.Wait()
	})
	return p
}

// pass copies until either side closes. What comes in silence is lost.
func (p *proxy) pass(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if !p.silent.Load() {
			_, _ = to.Write(buffer[:n])
		}
		if err != nil {
			return
		}
	}
}

// A server that says nothing at all holds nobody up for longer than the store
// allows, and is used again when it speaks.
func TestPostgres_Silent(t *testing.T) {
	u, err := url.Parse(postgrestest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	p := startProxy(t, u.Host)
	u.Host = p.Addr().String()
	s := openConfig(t, Config{Driver: Postgres, Source: u.String()})
	for _, pool := range []*pool{s.pools.lookups, s.pools.lists, s.pools.write} {
		pool.timeout = 300 * time.Millisecond
	}
	l := mustCreate(t, s, newLink("main", "a"))
	p.silent.Store(true)
	var wg sync.WaitGroup
	for name, call := range calls(t.Context(), s, l) {
		wg.Go(func() { wantCode(t, name+" in silence", call(), api.Unavailable) })
	}
	wg.Wait()
	p.silent.Store(false)
	for deadline := time.Now().Add(30 * time.Second); s.Ping(t.Context()) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("the database is not used again")
		}
	}
	mustCreate(t, s, newLink("main", "b"))
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

// While the server is away every call is told so, and when it is back all goes
// on by itself: what was answered is there, though the server crashed.
func TestPostgres_AwayAndBack(t *testing.T) {
	server := postgrestest.Start(t)
	cfg := Config{Driver: Postgres, Source: server.Database(t)}
	s := openConfig(t, cfg)
	l := mustCreate(t, s, newLink("main", "first"))

	const writers, before = 64, 500
	var answered sync.Map
	var count atomic.Int64
	stop, enough := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				alias := fmt.Sprintf("%d-%d", w, i)
				if err := create(t.Context(), s, newLink("main", alias)); err != nil {
					wantCode(t, "CreateLink while the server goes", err, api.Unavailable)
					continue
				}
				answered.Store(alias, true)
				if count.Add(1) == before {
					close(enough)
				}
			}
		})
	}
	<-enough
	server.Stop(t, "immediate")
	for name, call := range calls(t.Context(), s, l) {
		wantCode(t, name+" without a server", call(), api.Unavailable)
	}
	if s, err := Open(t.Context(), cfg); err == nil {
		mustClose(t, s)
		t.Error("Open() without a server has no error")
	}
	server.Start(t)
	was := count.Load()
	for deadline := time.Now().Add(30 * time.Second); count.Load() < was+before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the writers do not go on")
		}
	}
	close(stop)
	wg.Wait()
	answered.Range(func(alias, _ any) bool {
		if _, err := s.LinkByAlias(t.Context(), "", alias.(string)); err != nil {
			t.Errorf("answered link %q is lost: %v", alias, err)
		}
		return true
	})
	checkWhole(t, s)
}
