package gateway

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// The paths that need no key and are not counted.
const (
	contractPath = "/api/openapi.json"
	docsPath     = "/api/docs"
	healthPath   = "/api/health"
)

// servePublic answers what needs no key, and reports whether it did.
func (g *Gateway) servePublic(w http.ResponseWriter, r *http.Request) bool {
	var serve func(http.ResponseWriter, *http.Request)
	switch path := r.URL.Path; {
	case path == contractPath:
		serve = g.serveContract
	case path == healthPath:
		serve = g.serveHealth
	case path == docsPath || strings.HasPrefix(path, docsPath+"/"):
		serve = g.docs.ServeHTTP
	default:
		return false
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		g.cfg.Fallback.WriteError(w, nil, &api.Error{
			Code:    api.MethodNotAllowed,
			Message: "This endpoint does not take that method.",
			Allow:   []string{http.MethodGet, http.MethodHead},
		})
		return true
	}
	serve(w, r)
	return true
}

func (g *Gateway) serveContract(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, g.cfg.Contract.JSON())
}

// capabilities answers what the caller's backend does, refusals too, so that a
// client sees every operation.
func (g *Gateway) capabilities(name string, backend adapters.Backend) (*api.Reply, error) {
	doc, err := adapters.Encode(struct {
		Error      int              `json:"error"`
		Backend    string           `json:"backend"`
		Operations api.Capabilities `json:"operations"`
	}{Backend: name, Operations: adapters.Complete(g.cfg.Contract, backend.Capabilities())})
	if err != nil {
		return nil, err
	}
	return &api.Reply{Document: doc}, nil
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away needs no answer
}
