// Package geoip tells the country of an address from a file in the MaxMind DB
// format (https://maxmind.github.io/MaxMind-DB/), whoever made it.
package geoip

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/poll"
)

// Options are the settings of a DB. The zero value is good.
type Options struct {
	// Every is how often to look whether the file has changed; 0 means five
	// seconds.
	Every time.Duration

	// Logger is told when the file was read again, and when it cannot be; nil
	// discards it.
	Logger *zap.Logger
}

// DB is an open database. It is safe for concurrent use. The file is in memory,
// so that it can be overwritten, replaced and deleted at any time.
type DB struct {
	path   string
	o      Options
	reader atomic.Pointer[reader]

	loop *poll.Loop

	// The rest belongs to the loop.

	seen   fs.FileInfo
	failed string // what was logged last
}

// Open reads the file, and again whenever it has changed, until Close; the
// context passes on its values only. It fails where the file is not a database
// with countries.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	if o.Every <= 0 {
		o.Every = 5 * time.Second
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	d := &DB{path: path, o: o}
	if err := d.read(); err != nil {
		return nil, fmt.Errorf("country database %s: %w", path, err)
	}
	d.loop = poll.Start(context.WithoutCancel(ctx), o.Every, func(context.Context) { d.refresh() })
	return d, nil
}

// Country returns the ISO 3166 code of the country that an address is used in,
// such as "FR", and nothing where the database does not know it. It takes some
// hundred nanoseconds and does not allocate.
func (d *DB) Country(addr netip.Addr) string {
	return d.reader.Load().country(addr)
}

// Close stops to look for changes. Country goes on to work.
func (d *DB) Close() { d.loop.Close() }

// refresh reads the file if it has changed. One that is broken or away leaves
// things as they are, and is logged once.
func (d *DB) refresh() {
	now, err := os.Stat(d.path)
	if err == nil && same(d.seen, now) {
		return
	}
	if err == nil {
		err = d.read()
	}
	switch {
	case err == nil:
		d.failed = ""
		d.o.Logger.Info("the country database was read again", zap.String("file", d.path))
	case errors.Is(err, errChanging):
		// The next look will find it finished.
	case err.Error() != d.failed:
		d.failed = err.Error()
		d.o.Logger.Error("reading the changed country database; the one before stays in use",
			zap.String("file", d.path), zap.Error(err))
	}
}

// errChanging reports that somebody is writing the file.
var errChanging = errors.New("the file changed while it was read")

func (d *DB) read() error {
	before, err := os.Stat(d.path)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(d.path)
	if err != nil {
		return err
	}
	after, err := os.Stat(d.path)
	if err != nil {
		return err
	}
	if !same(before, after) {
		return errChanging
	}
	// A broken file is not read again until it changes.
	d.seen = after
	r, err := newReader(data)
	if err != nil {
		return err
	}
	d.reader.Store(r)
	return nil
}

func same(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
