package poll

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestLoop(t *testing.T) {
	looks := make(chan context.Context, 1)
	l := Start(t.Context(), time.Millisecond, func(ctx context.Context) {
		looks <- ctx
		<-ctx.Done()
	})
	ctx := <-looks
	if ctx.Err() != nil {
		t.Fatal("the first look had no time")
	}
	l.Close()
	l.Close()
	if ctx.Err() == nil {
		t.Error("Close left a look its context")
	}
	if len(looks) > 0 {
		t.Error("there was a look after Close")
	}
}

func TestLoop_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := Start(ctx, time.Hour, func(context.Context) {})
	cancel()
	<-l.ended
	l.Close()
}

func TestOutage(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	o := Outage{Logger: zap.New(core), Fails: "it fails", Works: "it works"}
	down := errors.New("down")
	for _, err := range []error{nil, down, down, nil, nil, down} {
		o.Note(t.Context(), err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	o.Note(over, nil)
	var told []string
	for _, entry := range logs.All() {
		told = append(told, entry.Message)
	}
	if diff := cmp.Diff([]string{"it fails", "it works", "it fails"}, told); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
