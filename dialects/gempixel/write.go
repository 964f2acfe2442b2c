package gempixel

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
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
	number := 1
	if err.Code == api.RateLimited {
		number = http.StatusTooManyRequests
	}
	body := append(make([]byte, 0, 256), `{"error":`...)
	body = strconv.AppendInt(body, int64(number), 10)
	body = append(body, `,"message":`...)
	body = gjson.AppendJSONString(body, err.Message)
	body = append(body, `,"msg":`...)
	body = gjson.AppendJSONString(body, err.Message)
	if len(err.Fields) > 0 {
		body = append(body, `,"errors":`...)
		body = appendFields(body, err.Fields)
	}
	if len(err.Allow) > 0 {
		w.Header().Set("Allow", strings.Join(err.Allow, ", "))
	}
	if err.RetryAfter > 0 {
		seconds := int64((err.RetryAfter + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
		body = append(body, `,"Retry-After":`...)
		body = strconv.AppendInt(body, seconds, 10)
	}
	write(w, status, append(body, '}'))
}

// appendFields groups messages by field, in the order of the first mention.
func appendFields(body []byte, fields []api.FieldError) []byte {
	body = append(body, '{')
	done := make(map[string]bool, len(fields))
	for i, f := range fields {
		if done[f.Field] {
			continue
		}
		done[f.Field] = true
		if i > 0 {
			body = append(body, ',')
		}
		body = gjson.AppendJSONString(body, f.Field)
		body = append(body, ':', '[')
		for j, g := range fields[i:] {
			if g.Field != f.Field {
				continue
			}
			if j > 0 {
				body = append(body, ',')
			}
			body = gjson.AppendJSONString(body, g.Message)
		}
		body = append(body, ']')
	}
	return append(body, '}')
}

func write(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{"application/json; charset=utf-8"}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	// A client that went away is not an error that anybody could act on.
	_, _ = w.Write(body)
}
