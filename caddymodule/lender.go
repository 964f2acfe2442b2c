package caddymodule

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/linkquay/linkquay/adapters/upstream"
)

// returnTime is how long a command waits for the server to take a place back. The
// place ends by itself where it does not.
const returnTime = 2 * time.Second

// lender is the running server as commands know it: what they send to a backend
// counts in its budget. It is asked each time, since a server may be started or
// stopped while a command is at work.
type lender struct {
	// address is that of the administration API.
	address string
}

// newLender returns the server of the configuration that the command's flags
// name.
func newLender(cmd *cobra.Command) (*lender, error) {
	address, _, err := adminAddress(cmd)
	if err != nil {
		return nil, err
	}
	return &lender{address}, nil
}

// Borrow implements upstream.Lender.
func (l *lender) Borrow(ctx context.Context, a upstream.Ask) (string, time.Duration, error) {
	type result struct {
		reply budgetReply
		err   error
	}
	done := make(chan result, 1)
	// The client of the administration API knows no context. The server answers
	// in seconds.
	go func() {
		var r result
		r.reply, r.err = l.ask(http.MethodPost, budgetRequest{
			Identity: a.Identity, Line: a.Line.Seconds(), Hold: a.Hold.Seconds(), Sent: a.Sent,
		})
		if r.reply.Loan != "" && ctx.Err() != nil {
			l.Return(a.Identity, r.reply.Loan, false, 0)
			r = result{err: ctx.Err()}
		}
		done <- r
	}()
	select {
	case r := <-done:
		return r.reply.Loan, duration(r.reply.Wait), r.err
	case <-ctx.Done():
		return "", 0, ctx.Err()
	}
}

// Return implements upstream.Lender.
func (l *lender) Return(identity, loan string, sent bool, pause time.Duration) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = l.ask(http.MethodDelete, budgetRequest{Identity: identity, Loan: loan, WasSent: sent, Pause: pause.Seconds()})
	}()
	timer := time.NewTimer(returnTime)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}

// ask sends a request. The error is upstream.ErrNoLender where no server runs, or
// none that has the backend.
func (l *lender) ask(method string, request budgetRequest) (budgetReply, error) {
	var reply budgetReply
	body, err := json.Marshal(request)
	if err != nil {
		return reply, err
	}
	// Each request has connections of its own, which nobody closes otherwise.
	header := http.Header{"Connection": {"close"}}
	resp, err := caddycmd.AdminAPIRequest(l.address, method, adminBudget, header, bytes.NewReader(body))
	switch {
	case err != nil && strings.HasPrefix(err.Error(), "caddy responded with error: HTTP 5"):
		// It is there, and starting or in trouble.
		return budgetReply{Wait: time.Second.Seconds()}, nil
	case err != nil:
		return reply, fmt.Errorf("%w: %w", upstream.ErrNoLender, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(http.MaxBytesReader(nil, resp.Body, maxBudgetBody)).Decode(&reply); err != nil {
		return reply, fmt.Errorf("%w: %w", upstream.ErrNoLender, err)
	}
	if method == http.MethodPost && reply.Loan == "" && reply.Wait <= 0 {
		return reply, fmt.Errorf("%w: %w", upstream.ErrNoLender, errors.New("an answer without a place"))
	}
	return reply, nil
}

// Interface guard.
var _ upstream.Lender = (*lender)(nil)
