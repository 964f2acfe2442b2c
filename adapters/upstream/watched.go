package upstream

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/linkquay/linkquay/api"
)

// watched is the body of an upload: it tells when a read begins, and keeps the
// client's own failure apart from the backend's. The transport may still be
// reading when its RoundTrip has returned; once closed, no new read begins.
type watched struct {
	r      io.Reader
	tick   func()
	abort  func() // ends a read that waits for the client; may be nil
	closed atomic.Bool
	begun  atomic.Bool // something was read
	ended  atomic.Bool // all of it was

	mu  sync.Mutex // never held while reading: the client may be slow
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	if w.closed.Load() {
		return 0, errClosed
	}
	w.begun.Store(true)
	w.tick()
	n, err := w.r.Read(p)
	if errors.Is(err, io.EOF) {
		w.ended.Store(true)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		w.mu.Lock()
		w.err = err
		w.mu.Unlock()
	}
	return n, err
}

// Close implements io.Closer for the transport. What the client still sends is
// of no use to anybody then, and is not waited for.
func (w *watched) Close() error {
	w.closed.Store(true)
	w.giveUp()
	return nil
}

// giveUp ends the client's stream, unless all of it has come.
func (w *watched) giveUp() {
	if w.abort != nil && !w.ended.Load() {
		w.abort()
	}
}

// failure returns why the client's stream broke off, nil where it did not.
func (w *watched) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		return nil
	}
	if coded, ok := errors.AsType[*api.Error](w.err); ok {
		return coded
	}
	return &api.Error{Code: api.Invalid, Message: "The upload broke off.", Err: w.err}
}

// blame returns err, marked as blameless where it may be the caller's doing:
// one who sends slowly, or more than the backend takes, must not cut others
// off. What remains is a backend that refuses the connection or has all of the
// file.
func (w *watched) blame(err error) error {
	if w.ended.Load() || !w.begun.Load() && !isTimeout(err) {
		return err
	}
	return blameless{err}
}
