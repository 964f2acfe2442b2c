package poll

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestRest(t *testing.T) {
	if err := Rest(t.Context(), time.Millisecond); err != nil {
		t.Errorf("Rest() = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, d := range []time.Duration{0, time.Hour} {
		if err := Rest(ctx, d); !errors.Is(err, context.Canceled) {
			t.Errorf("Rest(%v) = %v after the context's end", d, err)
		}
	}
}
