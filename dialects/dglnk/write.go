package dglnk

import (
	"encoding/json"
	"maps"
	"net/http"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
)

// statuses maps codes to HTTP statuses. All that is wrong with what was sent is
// a 422 here, a taken alias too. Unsupported is 501 for an operation, and of a
// field a 422 as well.
var statuses = map[api.Code]int{
	api.Invalid:          http.StatusUnprocessableEntity,
	api.Unauthorized:     http.StatusUnauthorized,
	api.Forbidden:        http.StatusForbidden,
	api.NotFound:         http.StatusNotFound,
	api.MethodNotAllowed: http.StatusMethodNotAllowed,
	api.TooLarge:         http.StatusRequestEntityTooLarge,
	api.Conflict:         http.StatusUnprocessableEntity,
	api.RateLimited:      http.StatusTooManyRequests,
	api.Unsupported:      http.StatusNotImplemented,
	api.Unavailable:      http.StatusServiceUnavailable,
	api.Internal:         http.StatusInternalServerError,
}

// unauthenticated is all that either version says of a bad credential.
const unauthenticated = "Unauthenticated."

// general is the field of what is about none.
const general = "general"

// failure is an error of either version: 1 has status and messages, 3 has
// message and errors. What is about no field is in the message of both.
type failure struct {
	Status   string              `json:"status,omitempty"`
	Message  string              `json:"message,omitempty"`
	Messages map[string][]string `json:"messages,omitempty"`
	Errors   map[string][]string `json:"errors,omitempty"`
}

// WriteReply implements dialects.Dialect.
func (d *Dialect) WriteReply(w http.ResponseWriter, _ *dialects.Head, reply *api.Reply) {
	maps.Copy(w.Header(), reply.Header)
	dialects.Write(w, http.StatusOK, dialects.JSON, reply.Document)
}

// WriteError implements dialects.Dialect.
func (d *Dialect) WriteError(w http.ResponseWriter, h *dialects.Head, err *api.Error) {
	status := dialects.Refuse(w, err, statuses)
	if err.Code == api.NotFound && len(err.Fields) > 0 {
		status = http.StatusUnprocessableEntity
	}
	// Texts and lists of them cannot fail to be encoded.
	body, _ := json.Marshal(failureOf(h, err))
	dialects.Write(w, status, dialects.JSON, body)
}

func failureOf(h *dialects.Head, err *api.Error) failure {
	wrong := messages(err.Fields)
	switch {
	case err.Code == api.Unauthorized:
		return failure{Message: unauthenticated}
	case h != nil && h.Call.Query.Has(version):
		return failure{Message: err.Message, Errors: wrong}
	case wrong == nil:
		return failure{Status: "error", Message: err.Message, Messages: map[string][]string{general: {err.Message}}}
	}
	return failure{Status: "error", Messages: wrong}
}
