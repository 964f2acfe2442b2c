package adapters_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/linkquay/linkquay/adapters"
)

func TestAtOnce(t *testing.T) {
	failure := errors.New("no")
	var running, most atomic.Int64
	errs := adapters.AtOnce(20, 3, func(i int) error {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer running.Add(-1)
		switch i {
		case 4:
			return failure
		case 5:
			panic("broken")
		}
		return nil
	})
	for i, err := range errs {
		switch {
		case i == 4 && err != failure, //nolint:errorlint // It is the very same.
			i == 5 && (err == nil || !strings.Contains(err.Error(), "broken")),
			i != 4 && i != 5 && err != nil:
			t.Errorf("%d is %v", i, err)
		}
	}
	if len(errs) != 20 || most.Load() > 3 {
		t.Errorf("%d errors, %d at once; want 20, at most 3", len(errs), most.Load())
	}
}
