package gateway

import (
	"net/http"
	"strconv"
	"strings"

	"go.uber.org/zap"

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
		g.cfg.Dialects[0].WriteError(w, nil, &api.Error{
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

func (g *Gateway) serveHealth(w http.ResponseWriter, r *http.Request) {
	if err := g.cfg.Healthy(r.Context()); err != nil {
		g.cfg.Logger.Warn("not healthy", zap.Error(err))
		g.cfg.Dialects[0].WriteError(w, nil, &api.Error{Code: api.Unavailable, Message: "The database does not answer."})
		return
	}
	writeJSON(w, http.StatusOK, []byte(`{"error":0,"status":"ok"}`))
}

// capabilities answers what the caller's backend does.
func (g *Gateway) capabilities(name string, backend adapters.Backend) (*api.Reply, error) {
	doc, err := adapters.Encode(struct {
		Error      int              `json:"error"`
		Backend    string           `json:"backend"`
		Operations api.Capabilities `json:"operations"`
	}{Backend: name, Operations: g.complete(backend.Capabilities())})
	if err != nil {
		return nil, err
	}
	return &api.Reply{Document: doc}, nil
}

// complete adds the operations that a backend does not mention, as refused, so
// that a client sees every one.
func (g *Gateway) complete(c api.Capabilities) api.Capabilities {
	all := api.Capabilities{}
	for _, op := range g.cfg.Contract.Operations() {
		switch found, ok := c[op.ID]; {
		case op.ID == api.GetCapabilities || op.ID == api.GetHealth:
		case ok:
			all[op.ID] = found
		default:
			all[op.ID] = api.Capability{Support: api.Refused}
		}
	}
	return all
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away needs no answer
}
