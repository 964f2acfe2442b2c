package caddymodule

import (
	"fmt"
	"strconv"
	"time"

	"github.com/linkquay/linkquay/adapters/upstream"
)

// healthText is a backend's health in the columns of a table: its state, its
// calls, the failed ones, and what is left of its budget.
func healthText(h *upstream.Health, now time.Time) (state, calls, failed, left string) {
	state = string(h.State)
	if !h.Since.IsZero() {
		state += " for " + now.Sub(h.Since).Round(time.Second).String()
	}
	left = "no limit"
	if h.Budget != nil {
		left = fmt.Sprintf("%d of %d", h.Budget.Left, h.Budget.Requests)
	}
	return state, strconv.FormatInt(h.Calls, 10), strconv.FormatInt(h.Failures, 10), left
}
