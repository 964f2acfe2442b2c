package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // opens PostgreSQL databases
	_ "modernc.org/sqlite"             // opens SQLite files

	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/store"
)

// database is what Linkquay works on in one scenario.
type database struct {
	store.Config

	// cpuTime is what servers of the database have used so far.
	cpuTime func() (time.Duration, error)

	// remove removes the database, once nobody has it open.
	remove func(ctx context.Context) error
}

// databases makes those of one driver. Links are seeded once, however many
// scenarios want them: each gets a copy.
type databases interface {
	driver() string

	// copy returns a new database with the links.
	copy(ctx context.Context, l links) (*database, error)
}

// defaultDatabase is the driver that is used where none is asked for.
const defaultDatabase = store.SQLite

// open returns what makes the databases that were asked for. The function that
// it returns removes what they leave behind, and is never nil.
func (b *bench) open(ctx context.Context, drivers, dsn string) (kinds []databases, closeAll func() error, err error) {
	closeAll = func() error { return nil }
	switch drivers {
	case store.SQLite, store.Postgres, "both":
	default:
		return nil, closeAll, fmt.Errorf("there is no database %q: choose sqlite, postgres or both", drivers)
	}
	if drivers != store.Postgres {
		kinds = append(kinds, &sqliteFiles{dir: b.dir, say: b.say})
	}
	if drivers == store.SQLite {
		return kinds, closeAll, nil
	}
	stop := func() {}
	closeAll = func() error { stop(); return nil }
	if dsn == "" {
		b.say("starting PostgreSQL")
		if dsn, stop, err = privatePostgres(ctx); err != nil {
			return nil, closeAll, err
		}
	}
	server, err := openPostgres(ctx, dsn, b.say)
	if err != nil {
		return nil, closeAll, err
	}
	closeAll = func() error {
		defer stop()
		return server.close(context.WithoutCancel(ctx))
	}
	return append(kinds, server), closeAll, nil
}

// sqliteFiles makes SQLite files in a folder.
type sqliteFiles struct {
	dir    string
	say    func(format string, args ...any)
	copies int
}

func (*sqliteFiles) driver() string { return store.SQLite }

func (f *sqliteFiles) copy(ctx context.Context, l links) (*database, error) {
	seeded := filepath.Join(f.dir, l.name()+".db")
	if _, err := os.Stat(seeded); errors.Is(err, os.ErrNotExist) {
		began := time.Now()
		// Only what is complete has the name.
		if err := l.seed(ctx, store.Config{Source: seeded + ".part"}); err != nil {
			return nil, fmt.Errorf("seeding: %w", err)
		}
		if err := os.Rename(seeded+".part", seeded); err != nil {
			return nil, err
		}
		l.tell(f.say, began)
	}
	f.copies++
	d := &database{Config: store.Config{Driver: store.SQLite, Source: filepath.Join(f.dir, fmt.Sprintf("scenario%d.db", f.copies))}}
	d.cpuTime = func() (time.Duration, error) { return 0, nil }
	d.remove = func(context.Context) error { return removeSQLite(d.Source) }
	return d, copyFile(d.Source, seeded)
}

func removeSQLite(path string) error {
	files, err := filepath.Glob(path + "*") // with its side files
	for _, file := range files {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

// copyFile copies the file and waits for the disk, which would otherwise still
// be at it during the load.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

func (l links) name() string {
	name := fmt.Sprintf("links%d", l.count)
	if l.rules {
		name += "rules"
	}
	return name
}

// tell says how long seeding took where that was long.
func (l links) tell(say func(format string, args ...any), began time.Time) {
	if took := time.Since(began); l.count > few {
		say("  %d links created in %.0f s", l.count, took.Seconds())
	}
}

// tally is what a database knows of visits.
type tally struct {
	clicks  int64 // added up
	waiting int64 // kept, and not yet added up
}

// tally counts the visits of people. Linkquay must have ended.
func (d *database) tally(ctx context.Context) (t tally, err error) {
	driver := d.Driver
	if driver == store.Postgres {
		driver = "pgx"
	}
	db, err := sql.Open(driver, d.Source)
	if err != nil {
		return t, err
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, "SELECT CAST(COALESCE(SUM(clicks), 0) AS BIGINT) FROM link_clicks").Scan(&t.clicks); err != nil {
		return t, err
	}
	rows, err := db.QueryContext(ctx, "SELECT data FROM visit_batches")
	if err != nil {
		return t, err
	}
	defer rows.Close()
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			return t, err
		}
		n, err := people(data)
		if err != nil {
			return t, err
		}
		t.waiting += n
	}
	return t, rows.Err()
}

// people returns how many visits of people are in a batch.
func people(batch []byte) (n int64, err error) {
	sum := clicks.NewRollup()
	err = sum.Add(batch)
	for _, counts := range sum.Hours {
		n += counts.Clicks
	}
	return n, err
}
