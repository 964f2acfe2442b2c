package gateway

import (
	"cmp"
	"net/http"
	"slices"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// BackendHealth is how a backend does, for everybody: it tells no address and
// no error.
type BackendHealth struct {
	// Name is the operator's name of the backend.
	Name string `json:"name"`

	// Status is BackendUp, BackendProbing or BackendDown.
	Status string `json:"status"`
}

// What a backend can be.
const (
	// BackendUp answers, as far as is known.
	BackendUp = "up"
	// BackendProbing did not answer, and a call is finding out whether it does.
	BackendProbing = "probing"
	// BackendDown does not answer: calls to it are refused for the moment.
	BackendDown = "down"
)

func (g *Gateway) serveHealth(w http.ResponseWriter, r *http.Request) {
	if err := g.cfg.Healthy(r.Context()); err != nil {
		g.cfg.Logger.Warn("not healthy", zap.Error(err))
		g.cfg.Fallback.WriteError(w, nil, &api.Error{Code: api.Unavailable, Message: "The database does not answer."})
		return
	}
	var backends []BackendHealth
	if g.cfg.BackendHealth != nil {
		backends = slices.SortedFunc(slices.Values(g.cfg.BackendHealth()), func(a, b BackendHealth) int { return cmp.Compare(a.Name, b.Name) })
	}
	// A backend that is down costs its own callers alone: whoever watches this
	// server must not restart it for that.
	doc, err := adapters.Encode(struct {
		Error    int             `json:"error"`
		Status   string          `json:"status"`
		Backends []BackendHealth `json:"backends,omitempty"`
	}{Status: "ok", Backends: backends})
	if err != nil {
		g.cfg.Fallback.WriteError(w, nil, api.AsError(err))
		return
	}
	writeJSON(w, http.StatusOK, doc)
}
