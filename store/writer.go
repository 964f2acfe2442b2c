package store

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// maxBatch is how many writes one commit takes at most. It bounds how long the
// first of them waits for the others.
const maxBatch = 256

// writer runs the writes of this process.
type writer interface {
	// do runs a write and returns after its commit. One whose context ends
	// before it has its turn is withdrawn; one that has its turn is answered
	// with what came of it. The function may run on another goroutine and more
	// than once; it must not touch what belongs to the caller, nor do anything
	// but SQL.
	do(ctx context.Context, run func(*session) error) error

	// doLong is do for a write that may take more than some seconds. On
	// PostgreSQL it is given up when its context ends.
	doLong(ctx context.Context, run func(*session) error) error

	// stop refuses new writes and finishes those that wait.
	stop()
}

// groupWriter runs all writes on one connection, many to a commit.
type groupWriter struct {
	// ctx is never done: no caller's deadline may interrupt the commit of all.
	ctx     context.Context
	pool    *pool
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

// startGroupWriter starts the goroutine; stop ends it.
func startGroupWriter(ctx context.Context, p *pool) *groupWriter {
	w := &groupWriter{
		ctx:     ctx,
		pool:    p,
		jobs:    make(chan *job, maxBatch),
		closing: make(chan struct{}),
		ended:   make(chan struct{}),
	}
	go w.loop()
	return w
}

// stop refuses new writes, finishes those that wait, and waits for the end of
// the goroutine.
func (w *groupWriter) stop() {
	w.once.Do(func() { close(w.closing) })
	<-w.ended
}

// doLong holds up all other writes.
func (w *groupWriter) doLong(ctx context.Context, run func(*session) error) error {
	return w.do(ctx, run)
}

// do runs the function on the writer's goroutine, possibly after others in the
// same transaction.
func (w *groupWriter) do(ctx context.Context, run func(*session) error) error {
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

func (w *groupWriter) loop() {
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
func (w *groupWriter) commit(first *job) {
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
func (w *groupWriter) next() *job {
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

func (w *groupWriter) begin() error {
	if w.session == nil {
		session, err := newSession(w.ctx, w.pool)
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

func (w *groupWriter) endSession() {
	if w.session != nil {
		w.session.discard()
		w.session = nil
	}
}
