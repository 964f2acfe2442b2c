package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/linkquay/linkquay/adapters/upstream"
)

const (
	// adminBudget is where commands get places in the budgets of backends.
	adminBudget = "/linkquay/budget"

	// maxBudgetBody bounds a request for one.
	maxBudgetBody = 4 << 10

	// soon is when to ask again where a configuration was just replaced.
	soon = 100 * time.Millisecond
)

// budgetRequest is what a command sends: with POST for a place, with DELETE to
// give one back. Identity is that of the client, which holds no key.
type budgetRequest struct {
	Identity string `json:"identity"`

	Line float64 `json:"line_seconds,omitempty"`
	Hold float64 `json:"hold_seconds,omitempty"`
	Sent int     `json:"sent,omitempty"`

	Loan    string  `json:"loan,omitempty"`
	WasSent bool    `json:"was_sent,omitempty"`
	Pause   float64 `json:"pause_seconds,omitempty"`
}

// budgetReply is a place, or for how long there is none.
type budgetReply struct {
	Loan string  `json:"loan,omitempty"`
	Wait float64 `json:"wait_seconds,omitempty"`
}

func serveBudget(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost && r.Method != http.MethodDelete {
		return caddy.APIError{HTTPStatus: http.StatusMethodNotAllowed, Err: errors.New("method not allowed")}
	}
	var asked budgetRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBudgetBody)).Decode(&asked); err != nil {
		return caddy.APIError{HTTPStatus: http.StatusBadRequest, Err: errors.New("the body is not JSON")}
	}
	return withRuntime(func(_ *App, rt *runtime) error {
		client := rt.client(asked.Identity)
		if client == nil {
			return caddy.APIError{HTTPStatus: http.StatusNotFound, Err: errors.New("no backend has this address and key")}
		}
		if r.Method == http.MethodDelete {
			client.Return(asked.Loan, asked.WasSent, duration(asked.Pause))
			return writeAdmin(w, budgetReply{})
		}
		// A configuration that was replaced must not be kept by who waits in line.
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(caddy.ActiveContext(), cancel)()
		loan, wait, err := client.Lend(ctx, upstream.Ask{
			Line: duration(asked.Line), Hold: duration(asked.Hold), Sent: asked.Sent,
		})
		if err != nil {
			wait = soon
		}
		return writeAdmin(w, budgetReply{Loan: loan, Wait: wait.Seconds()})
	})
}

// client returns that of the remote backend with the identity, nil for none.
func (rt *runtime) client(identity string) *upstream.Client {
	for _, r := range rt.remotes {
		if r.client.HasKey() && r.client.Identity() == identity {
			return r.client
		}
	}
	return nil
}

// maxDuration is longer than anything that is waited for.
const maxDuration = time.Hour

// duration is a number of seconds that somebody has sent.
func duration(seconds float64) time.Duration {
	return time.Duration(min(max(seconds, 0), maxDuration.Seconds()) * float64(time.Second))
}
