package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"

	"github.com/linkquay/linkquay/api"
)

func init() {
	caddy.RegisterModule(Admin{})
}

// The paths of Admin.
const (
	adminBackends = "/linkquay/backends"
	adminProbe    = "/linkquay/backends/probe"
)

// Admin tells of the backends at Caddy's administration API:
//
//	GET  /linkquay/backends              how each backend does
//	POST /linkquay/backends/probe?name=  what a backend speaks; it is asked now
//	POST /linkquay/budget                a place in a backend's api_rate, for commands
//	DELETE /linkquay/budget              gives one back
//
// It never shows a key.
type Admin struct{}

// CaddyModule returns the Caddy module information.
func (Admin) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "admin.api.linkquay", New: func() caddy.Module { return new(Admin) }}
}

// Routes implements caddy.AdminRouter.
func (Admin) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{
		{Pattern: adminBackends, Handler: caddy.AdminHandlerFunc(serveBackends)},
		{Pattern: adminProbe, Handler: caddy.AdminHandlerFunc(serveProbe)},
		{Pattern: adminBudget, Handler: caddy.AdminHandlerFunc(serveBudget)},
	}
}

func serveBackends(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet {
		return caddy.APIError{HTTPStatus: http.StatusMethodNotAllowed, Err: errors.New("method not allowed")}
	}
	return withRuntime(func(a *App, rt *runtime) error {
		return writeAdmin(w, rt.statuses(r.Context(), a))
	})
}

func serveProbe(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		return caddy.APIError{HTTPStatus: http.StatusMethodNotAllowed, Err: errors.New("method not allowed")}
	}
	return withRuntime(func(_ *App, rt *runtime) error {
		remote, err := rt.find(r.URL.Query().Get("name"))
		if err != nil {
			return adminError(err)
		}
		finding, err := remote.probe(r.Context())
		if err != nil {
			return adminError(err)
		}
		return writeAdmin(w, finding)
	})
}

// withRuntime runs f with the configuration that is active.
func withRuntime(f func(a *App, rt *runtime) error) error {
	app, err := caddy.ActiveContext().AppIfConfigured("linkquay")
	if err != nil {
		return caddy.APIError{HTTPStatus: http.StatusNotFound, Err: fmt.Errorf("linkquay is not configured: %w", err)}
	}
	a := app.(*App)
	rt, err := a.acquire()
	if err != nil {
		return caddy.APIError{HTTPStatus: http.StatusServiceUnavailable, Err: err}
	}
	defer rt.release()
	return f(a, rt)
}

// adminError is an error as the administration API shows it.
func adminError(err error) error {
	coded := api.AsError(err)
	status := http.StatusBadGateway
	switch coded.Code {
	case api.NotFound:
		status = http.StatusNotFound
	case api.Unsupported:
		status = http.StatusNotImplemented
	}
	return caddy.APIError{HTTPStatus: status, Err: errors.New(coded.Message)}
}

func writeAdmin(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}

// Interface guard.
var _ caddy.AdminRouter = Admin{}
