package keys_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/linkquay/linkquay/keys"
)

// fakeStore answers with its fields.
type fakeStore struct {
	keys.Store
	mu       sync.Mutex
	records  []keys.Record
	revision int64
	err      error
	reads    int
}

func (s *fakeStore) Keys(context.Context) ([]keys.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return s.records, s.err
}

func (s *fakeStore) KeysRevision(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revision, s.err
}

func (s *fakeStore) set(err error, records ...keys.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records, s.err = records, err
	s.revision++
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.InfoLevel)
		store := &fakeStore{}
		ring := mustRing(t, keys.Config{})
		w, err := keys.Watch(t.Context(), ring, store, keys.WatchOptions{Logger: zap.New(core)})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		opens := func(want bool) {
			t.Helper()
			time.Sleep(time.Second)
			synctest.Wait()
			if _, err := ring.Authenticate(secret); (err == nil) != want {
				t.Errorf("Authenticate() = %v; want it to open: %v", err, want)
			}
		}
		opens(false)
		store.set(nil, record("new", secret))
		opens(true)
		if store.reads != 2 {
			t.Errorf("the keys were read %d times; want once at first and once for the change", store.reads)
		}
		store.set(errors.New("disk on fire"))
		for range 5 {
			opens(true)
		}
		if n := logs.FilterLevelExact(zapcore.ErrorLevel).Len(); n != 1 {
			t.Errorf("an outage is logged %d times; want once", n)
		}
		store.set(nil)
		opens(false)
		if n := logs.FilterLevelExact(zapcore.InfoLevel).Len(); n != 1 {
			t.Errorf("the end of an outage is logged %d times; want once", n)
		}
	})
}

func TestWatch_FirstLoadFails(t *testing.T) {
	store := &fakeStore{err: errors.New("disk on fire")}
	if _, err := keys.Watch(t.Context(), mustRing(t, keys.Config{}), store, keys.WatchOptions{}); err == nil {
		t.Error("Watch() = nil; want the error of the store")
	}
}

func TestWatch_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w, err := keys.Watch(ctx, mustRing(t, keys.Config{}), &fakeStore{}, keys.WatchOptions{Every: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	w.Close()
}
