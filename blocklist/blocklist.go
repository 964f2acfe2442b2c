// Package blocklist holds the hosts and pages that no link may lead to, from a
// file that the operator keeps: one of the lists that are published for this,
// or one of their own. [Parse] says what may stand in it.
package blocklist

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// DefaultEvery is how often Watch looks at the file.
const DefaultEvery = 2 * time.Second

// Options are the settings of a List. The zero value is good.
type Options struct {
	// Every is how often Watch looks at the file; 0 means 2 seconds.
	Every time.Duration

	// Logger is told of lines that mean nothing, of a new list, and once of one
	// that cannot be used; nil discards it.
	Logger *zap.Logger
}

// List is a file of blocked hosts and pages. It is safe for concurrent use.
type List struct {
	path   string
	every  time.Duration
	logger *zap.Logger

	set atomic.Pointer[Set]

	mu sync.Mutex

	// tried is the file that was last read, broken whether it was no list; seen
	// is the file of the last look.
	tried, seen os.FileInfo
	broken      bool

	// failing is whether the log has been told.
	failing bool
}

// Open reads the list. A file that is missing, or no list, is an error.
func Open(path string, o Options) (*List, error) {
	l := &List{path: path, every: o.Every, logger: o.Logger}
	if l.every <= 0 {
		l.every = DefaultEvery
	}
	if l.logger == nil {
		l.logger = zap.NewNop()
	}
	if err := l.read(); err != nil {
		return nil, fmt.Errorf("opening the blocklist: %w", err)
	}
	l.seen = l.tried
	return l, nil
}

// Blocked reports whether an absolute URL leads to what the list blocks; see
// [Set.Blocked].
func (l *List) Blocked(url string) bool { return l.set.Load().Blocked(url) }

// Len is the number of different hosts and pages in the list.
func (l *List) Len() int { return l.set.Load().Len() }

// Watch rereads the list when the file changes, and calls onChange, which may be
// nil, after each time. It returns when the context ends.
func (l *List) Watch(ctx context.Context, onChange func()) {
	ticker := time.NewTicker(l.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if l.Refresh() && onChange != nil {
				onChange()
			}
		}
	}
}

// Refresh looks at the file once and reports whether there is a new list. A
// file that has changed is read when the next look finds it as it is, so that
// one that is being written is not read in half. Where it is missing or no
// list, the old one stays, and the log says so once.
func (l *List) Refresh() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	info, err := os.Stat(l.path)
	if err != nil {
		l.seen = nil
		l.fail(err)
		return false
	}
	settled := same(info, l.seen)
	l.seen = info
	switch {
	case !settled:
		return false
	case same(info, l.tried):
		l.failing = l.broken
		return false
	}
	if err := l.read(); err != nil {
		l.fail(err)
		return false
	}
	l.failing = false
	l.logger.Info("blocklist reread", zap.String("path", l.path), zap.Int("entries", l.Len()))
	return true
}

// read reads the file and keeps what it holds.
func (l *List) read() error {
	f, err := os.Open(l.path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return errors.New(l.path + " is a folder")
	}
	set, err := Parse(f, info.Size())
	// A file that is no list stays none until it changes; another failure may
	// pass by itself.
	if l.broken = errors.Is(err, ErrBroken); err == nil || l.broken {
		l.tried = info
	}
	if err != nil {
		return err
	}
	if set.Skipped > 0 {
		l.logger.Warn("lines of the blocklist mean nothing",
			zap.String("path", l.path), zap.Int("lines", set.Skipped), zap.Int("first", set.FirstSkipped))
	}
	l.set.Store(set)
	return nil
}

func (l *List) fail(err error) {
	if !l.failing {
		l.logger.Error("the blocklist cannot be reread; the old one stays", zap.String("path", l.path), zap.Error(err))
	}
	l.failing = true
}

// same reports whether two looks at a file found the same content, as far as
// can be seen from outside.
func same(a, b os.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
