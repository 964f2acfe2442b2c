package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
)

// maxBatch is how many writes one commit takes at most. It bounds how long the
// first of them waits for the others.
const maxBatch = 256

// writer runs all writes of this process, many to a commit.
type writer struct {
	// ctx is never done: no caller's deadline may interrupt the commit of all.
	ctx     context.Context
	db      *sql.DB
	jobs    chan *job
	closing chan struct{}
	ended   chan struct{}
	once    sync.Once

	// session belongs to the goroutine alone; nil after a failure.
	session *session
	batch   []*job
}

// job is one write that waits for its turn or its answer.
type job struct {
	run   func(*session) error
	state atomic.Int32
	err   error
	done  chan struct{}
}

const (
	jobWaiting int32 = iota
	jobRunning
	jobWithdrawn
)

// startWriter starts the goroutine; stop ends it.
func startWriter(ctx context.Context, db *sql.DB) *writer {
	w := &writer{
		ctx:     ctx,
		db:      db,
		jobs:    make(chan *job, maxBatch),
		closing: make(chan struct{}),
		ended:   make(chan struct{}),
	}
	go w.loop()
	return w
}

// stop refuses new writes, finishes those that wait, and waits for the end of
// the goroutine.
func (w *writer) stop() {
	w.once.Do(func() { close(w.closing) })
	<-w.ended
}

// do runs a write and returns after its commit. The function runs on the
// writer's goroutine, possibly after others in the same transaction; it must
// not touch what belongs to the caller, nor do anything but SQL.
func (w *writer) do(ctx context.Context, run func(*session) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{run: run, done: make(chan struct{})}
	select {
	case <-w.closing:
		return errClosed
	default:
	}
	select {
	case w.jobs <- j:
	case <-w.closing:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
		if j.state.CompareAndSwap(jobWaiting, jobWithdrawn) {
			return ctx.Err()
		}
		// It is being written: only the commit knows what to tell.
		<-j.done
		return j.err
	case <-w.ended:
		// A job that slipped in behind the last commit was never run.
		select {
		case <-j.done:
			return j.err
		default:
			return errClosed
		}
	}
}

func (w *writer) loop() {
	defer close(w.ended)
	defer w.endSession()
	for {
		select {
		case j := <-w.jobs:
			w.commit(j)
		case <-w.closing:
			for {
				select {
				case j := <-w.jobs:
					w.commit(j)
				default:
					return
				}
			}
		}
	}
}

// commit runs the job and all that wait behind it in one transaction, then
// answers them.
func (w *writer) commit(first *job) {
	// While the lock is waited for, jobs can still be withdrawn.
	beginErr := w.begin()
	err := beginErr
	w.batch = w.batch[:0]
	for j := first; j != nil; j = w.next() {
		if !j.state.CompareAndSwap(jobWaiting, jobRunning) {
			continue
		}
		w.batch = append(w.batch, j)
		if beginErr == nil {
			if j.err, err = w.session.runInSavepoint(j.run); err != nil {
				break
			}
		}
	}
	if err == nil {
		_, err = w.session.exec("COMMIT")
	}
	if err != nil {
		// A connection in doubt is not used again; closing it rolls back.
		w.endSession()
		err = unavailable(fmt.Errorf("writing to the database: %w", err))
	}
	for i, j := range w.batch {
		if err != nil {
			// Also where the job had an error of its own: that may have come
			// of a write that is rolled back now.
			j.err = err
		}
		close(j.done)
		w.batch[i] = nil
	}
}

// next returns a job that waits, nil where there is none or the batch is full.
func (w *writer) next() *job {
	if len(w.batch) >= maxBatch {
		return nil
	}
	select {
	case j := <-w.jobs:
		return j
	default:
		return nil
	}
}

func (w *writer) begin() error {
	if w.session == nil {
		session, err := newSession(w.ctx, w.db)
		if err != nil {
			return err
		}
		w.session = session
	}
	return retryBusy(w.ctx, func() error {
		_, err := w.session.exec(beginWrite)
		return err
	})
}

func (w *writer) endSession() {
	if w.session != nil {
		w.session.discard()
		w.session = nil
	}
}
