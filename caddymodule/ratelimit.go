package caddymodule

import (
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/linkquay/linkquay/api"
)

// RateLimit is a number of requests in a fixed window that begins with the
// first one.
type RateLimit struct {
	// Off switches the limit off.
	Off bool `json:"off,omitempty"`

	// Requests is how many are allowed in a window.
	Requests int `json:"requests,omitempty"`

	// Window is how long a window lasts.
	Window caddy.Duration `json:"window,omitempty"`
}

func (l *RateLimit) validate() error {
	if l == nil || l.Off {
		return nil
	}
	if l.Requests < 1 || l.Window < caddy.Duration(time.Second) {
		return fmt.Errorf("needs at least 1 request and a window of at least 1s, or off")
	}
	return nil
}

// rate returns the limit, or the default of so many a minute where there is none.
func (l *RateLimit) rate(requests int) api.Rate {
	switch {
	case l == nil:
		return api.Rate{Requests: requests, Window: DefaultWindow}
	case l.Off:
		return api.Rate{}
	}
	return api.Rate{Requests: l.Requests, Window: time.Duration(l.Window)}
}
