package gempixel

import (
	"maps"
	"net/http"

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
	maps.Copy(w.Header(), reply.Header)
	dialects.Write(w, http.StatusOK, dialects.JSON, reply.Document)
}

// WriteError implements dialects.Dialect. The body has the keys of all
// generations, message and msg, and beside them what is wrong with each field.
func (d *Dialect) WriteError(w http.ResponseWriter, _ *dialects.Head, err *api.Error) {
	status := dialects.Refuse(w, err, statuses)
	dialects.Write(w, status, dialects.JSON, openapi.AppendError(make([]byte, 0, 256), err))
}
