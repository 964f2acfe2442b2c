package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/postgrestest"
)

// postgresServer makes databases on a PostgreSQL server.
type postgresServer struct {
	dsn    *url.URL // of some database on it, whose user may make others
	say    func(format string, args ...any)
	seeded map[links]string
	copies int
	pid    int // of the server, 0 where it is on another machine
}

func (*postgresServer) driver() string { return store.Postgres }

// openPostgres uses the server of the connection string. What it makes there it
// removes again.
func openPostgres(ctx context.Context, dsn string, say func(format string, args ...any)) (*postgresServer, error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, errors.New("-postgres must be like postgres://user:password@host/database")
	}
	p := &postgresServer{dsn: u, say: say, seeded: map[links]string{}}
	return p, p.exec(ctx, "", func(conn *pgx.Conn) error {
		var backend int
		if err := conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
			return err
		}
		if host := u.Hostname(); host == "127.0.0.1" || host == "localhost" || host == "::1" {
			p.pid, err = parentOf(backend)
		}
		return err
	})
}

// source returns the connection string of a database.
func (p *postgresServer) source(database string) string {
	u := *p.dsn
	if database != "" {
		u.Path = "/" + database
	}
	return u.String()
}

// exec connects to a database and does something there.
func (p *postgresServer) exec(ctx context.Context, database string, do func(conn *pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, p.source(database))
	if err != nil {
		return err
	}
	return errors.Join(do(conn), conn.Close(context.WithoutCancel(ctx)))
}

func (p *postgresServer) run(ctx context.Context, database, statement string) error {
	return p.exec(ctx, database, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, statement)
		return err
	})
}

func (p *postgresServer) copy(ctx context.Context, l links) (*database, error) {
	template, err := p.template(ctx, l)
	if err != nil {
		return nil, fmt.Errorf("seeding: %w", err)
	}
	p.copies++
	name := fmt.Sprintf("linkquay_bench_%d", p.copies)
	if err := p.run(ctx, "", "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY file_copy"); err != nil {
		return nil, err
	}
	// What the copy left for the disk to do is not to be done during the load.
	if err := p.run(ctx, "", "CHECKPOINT"); err != nil {
		return nil, err
	}
	return &database{
		Config:  store.Config{Driver: store.Postgres, Source: p.source(name)},
		cpuTime: p.cpuTime,
		remove:  func(ctx context.Context) error { return p.drop(ctx, name) },
	}, nil
}

func (p *postgresServer) drop(ctx context.Context, name string) error {
	return p.run(ctx, "", "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

// template returns the name of a database with the links.
func (p *postgresServer) template(ctx context.Context, l links) (string, error) {
	if name, ok := p.seeded[l]; ok {
		return name, nil
	}
	began := time.Now()
	name := "linkquay_bench_" + l.name()
	if err := p.run(ctx, "", "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	p.seeded[l] = name
	source, err := url.Parse(p.source(name))
	if err != nil {
		return "", err
	}
	// Nobody is told that these links are durable.
	q := source.Query()
	q.Set("synchronous_commit", "off")
	source.RawQuery = q.Encode()
	if err := l.seed(ctx, store.Config{Driver: store.Postgres, Source: source.String()}); err != nil {
		return "", err
	}
	l.tell(p.say, began)
	// Otherwise the server would do so by itself at some time during the load.
	return name, p.run(ctx, name, "VACUUM (ANALYZE)")
}

// close removes the databases that were seeded.
func (p *postgresServer) close(ctx context.Context) (err error) {
	for _, name := range p.seeded {
		err = errors.Join(err, p.drop(ctx, name))
	}
	return err
}

func (p *postgresServer) cpuTime() (time.Duration, error) {
	if p.pid == 0 {
		return 0, nil
	}
	return familyTime(p.pid)
}

// postgresSettings make the private server durable, as one is in production,
// and give it some memory.
var postgresSettings = []string{"fsync=on", "full_page_writes=on", "autovacuum=on", "shared_buffers=512MB", "max_wal_size=4GB"}

// privatePostgres starts a PostgreSQL server of the bench's own, and returns the
// connection string of a database on it. stop is never nil.
func privatePostgres(ctx context.Context) (dsn string, stop func(), err error) {
	h := &harness{ctx: ctx}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server := postgrestest.Start(h, postgresSettings...)
		dsn = server.Database(h)
	}()
	<-ended
	return dsn, h.stop, h.err
}

// harness stands in for a test, which is what starts private servers otherwise.
type harness struct {
	testing.TB // for what no server of ours calls

	ctx      context.Context
	err      error
	cleanups []func()
}

// Helper implements testing.TB.
func (*harness) Helper() {}

// Context implements testing.TB.
func (h *harness) Context() context.Context { return h.ctx }

// Cleanup implements testing.TB.
func (h *harness) Cleanup(f func()) { h.cleanups = append(h.cleanups, f) }

// Fatal implements testing.TB.
func (h *harness) Fatal(args ...any) { h.Fatalf("%s", fmt.Sprint(args...)) }

// Skip implements testing.TB.
func (h *harness) Skip(args ...any) { h.Fatal(args...) }

// Fatalf implements testing.TB: it ends the goroutine.
func (h *harness) Fatalf(format string, args ...any) {
	h.err = fmt.Errorf(format, args...)
	runtime.Goexit()
}

func (h *harness) stop() {
	for _, f := range h.cleanups {
		f()
	}
}
