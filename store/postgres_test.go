package store

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"

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
	if _, err := Open(t.Context(), Config{Driver: "postgresql", Source: source}); err == nil || err.Error() != `opening the database: unknown driver "postgresql"` {
		t.Errorf("Open() with an unknown driver = %v", err)
	}
	if _, err := Open(t.Context(), Config{Driver: Postgres}); err == nil || err.Error() != "opening the database: no connection string given" {
		t.Errorf("Open() without a connection string = %v", err)
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
