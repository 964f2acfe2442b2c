package gempixel

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/openapi"
)

// statuses maps codes to HTTP statuses as clients of this API know them: a
// taken alias is a 400. Unsupported is 501 for an operation, 400 for a field.
var statuses = map[api.Code]int{
	api.Invalid:          http.StatusBadRequest,
	api.Unauthorized:     http.StatusUnauthorized,
	api.Forbidden:        http.StatusForbidden,
	api.NotFound:         http.StatusNotFound,
	api.MethodNotAllowed: http.StatusMethodNotAllowed,
	api.TooLarge:         http.StatusRequestEntityTooLarge,
	api.Conflict:         http.StatusBadRequest,
	api.RateLimited:      http.StatusTooManyRequests,
	api.Unsupported:      http.StatusNotImplemented,
	api.Unavailable:      http.StatusServiceUnavailable,
	api.Internal:         http.StatusInternalServerError,
}

// WriteReply implements dialects.Dialect. Success is 200 for everything:
// strict clients test for it.
func (d *Dialect) WriteReply(w http.ResponseWriter, _ *dialects.Head, reply *api.Reply) {
	for name, values := range reply.Header {
		w.Header()[name] = values
	}
	write(w, http.StatusOK, reply.Document)
}

// WriteError implements dialects.Dialect. The body has the keys of all
// generations, message and msg, and beside them what is wrong with each field.
func (d *Dialect) WriteError(w http.ResponseWriter, _ *dialects.Head, err *api.Error) {
	status, ok := statuses[err.Code]
	switch {
	case !ok:
		status = http.StatusInternalServerError
	case err.Code == api.Unsupported && len(err.Fields) > 0:
		status = http.StatusBadRequest
	}
	if len(err.Allow) > 0 {
		w.Header().Set("Allow", strings.Join(err.Allow, ", "))
	}
	if seconds := err.RetrySeconds(); seconds > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	write(w, status, openapi.AppendError(make([]byte, 0, 256), err))
}

func write(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{"application/json; charset=utf-8"}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	// A client that went away is not an error that anybody could act on.
	_, _ = w.Write(body)
}
