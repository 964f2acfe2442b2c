package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// Everything that is PostgreSQL's own is in the files postgres*.go.

const (
	// postgresConns is how many connections a process opens at most, unless
	// the source says pool_max_conns. Two processes fit a server's default of
	// 100.
	postgresConns = 48

	// minPostgresConns leaves one for each pool and another to write with.
	minPostgresConns = 4

	// connectTimeout bounds each attempt to reach a server.
	connectTimeout = 5 * time.Second

	// lookupTimeout bounds what a visitor may wait for, writeTimeout a job of
	// the writer, and queryTimeout a list. The server gives up a statement
	// after queryTimeout too, and so does it with a transaction whose client
	// has fallen silent.
	lookupTimeout = 5 * time.Second
	writeTimeout  = 10 * time.Second
	queryTimeout  = 30 * time.Second
)

// beginPostgresMigration waits for other processes as long as they take, and an
// index over many rows takes its time. The number of the advisory lock is
// "linkquay" in ASCII.
const beginPostgresMigration = `BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;
	SELECT pg_advisory_xact_lock(7811896436394910073)`

// unlimited lets a transaction take the time that it takes.
const unlimited = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"

// postgresDialect reads and writes in transactions that see what others have
// committed, and locks the rows that it means to change.
var postgresDialect = &dialect{
	driver:   Postgres,
	numbered: true,
	snapshot: sql.LevelRepeatableRead,
	lockRows: true,
	clock:    "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
	analyze:  "ANALYZE ",
	beginMigration: func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, beginPostgresMigration)
		return err
	},
}

// openPostgres prepares connections to the database of the connection string,
// a secret, and opens the first one.
func openPostgres(ctx context.Context, source string) (*pools, error) {
	cfg, err := postgresConfig(source)
	if err != nil {
		return nil, err
	}
	total := int(cfg.MaxConns)
	p := &pools{dialect: postgresDialect}
	p.lookups = postgresPool(cfg, max(1, total/4), lookupTimeout)
	p.lists = postgresPool(cfg, max(1, total/8), queryTimeout)
	p.write = postgresPool(cfg, total-p.lookups.idle-p.lists.idle, writeTimeout)
	if err := p.write.db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func postgresConfig(source string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(source)
	if err != nil {
		// Pgx's message holds the string, with the password where it is not
		// where it looks for it.
		return nil, errors.New("the connection string is malformed: write postgres://user:password@host:5432/database?sslmode=verify-full, or key=value pairs")
	}
	if !strings.Contains(source, "pool_max_conns") {
		cfg.MaxConns = postgresConns
	}
	cfg.MaxConns = max(cfg.MaxConns, minPostgresConns)
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	for name, value := range map[string]string{
		"application_name":                    "linkquay",
		"statement_timeout":                   strconv.FormatInt(queryTimeout.Milliseconds(), 10),
		"idle_in_transaction_session_timeout": strconv.FormatInt(queryTimeout.Milliseconds(), 10),
	} {
		if _, set := cfg.ConnConfig.RuntimeParams[name]; !set {
			cfg.ConnConfig.RuntimeParams[name] = value
		}
	}
	return cfg, nil
}

func postgresPool(cfg *pgxpool.Config, size int, timeout time.Duration) *pool {
	db := sql.OpenDB(connector{stdlib.GetConnector(*cfg.ConnConfig), cfg.ConnConfig.Password})
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	db.SetConnMaxLifetime(cfg.MaxConnLifetime)
	db.SetConnMaxIdleTime(cfg.MaxConnIdleTime)
	return &pool{dialect: postgresDialect, db: db, timeout: timeout, idle: size}
}

// connector keeps the configuration, which pgx puts into the error of a failed
// attempt, out of all that may be logged.
type connector struct {
	driver.Connector
	password string
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err == nil {
		return conn, nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("connecting to PostgreSQL: %w", ctx.Err())
	}
	text := err.Error()
	if connectErr, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		text = connectErr.Unwrap().Error()
	}
	if c.password != "" {
		text = strings.ReplaceAll(text, c.password, "<secret>")
	}
	return nil, &connectError{strings.ReplaceAll(text, "\n", "; ")}
}

// connectError is why a server cannot be reached.
type connectError struct{ text string }

// Error implements error.
func (e *connectError) Error() string { return "connecting to PostgreSQL: " + e.text }
