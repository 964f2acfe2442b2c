package gempixelv1

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/openapi"
)

// statuses maps codes to HTTP statuses. What is wrong with a request, its key
// included, is said with 200: clients of this generation read nothing of an
// answer with another status, and so no message.
var statuses = map[api.Code]int{
	api.Invalid:          http.StatusOK,
	api.Unauthorized:     http.StatusOK,
	api.Forbidden:        http.StatusOK,
	api.NotFound:         http.StatusOK,
	api.MethodNotAllowed: http.StatusMethodNotAllowed,
	api.TooLarge:         http.StatusOK,
	api.Conflict:         http.StatusOK,
	api.RateLimited:      http.StatusTooManyRequests,
	api.Unsupported:      http.StatusOK,
	api.Unavailable:      http.StatusServiceUnavailable,
	api.Internal:         http.StatusInternalServerError,
}

// WriteReply implements dialects.Dialect.
func (*Dialect) WriteReply(w http.ResponseWriter, h *dialects.Head, reply *api.Reply) {
	for name, values := range reply.Header {
		w.Header()[name] = values
	}
	if plain(h) {
		doc := gjson.ParseBytes(reply.Document)
		writeText(w, http.StatusOK, cmp.Or(doc.Get("short").String(), doc.Get("long").String()))
		return
	}
	write(w, http.StatusOK, "application/json; charset=utf-8", reply.Document)
}

// WriteError implements dialects.Dialect. As plain text a failure is an empty
// body.
func (*Dialect) WriteError(w http.ResponseWriter, h *dialects.Head, err *api.Error) {
	if len(err.Allow) > 0 {
		w.Header().Set("Allow", strings.Join(err.Allow, ", "))
	}
	if seconds := err.RetrySeconds(); seconds > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	status := cmp.Or(statuses[err.Code], http.StatusInternalServerError)
	if plain(h) {
		writeText(w, status, "")
		return
	}
	write(w, status, "application/json; charset=utf-8", openapi.AppendError(make([]byte, 0, 256), renamed(err)))
}

// renamed is the failure with its fields called as the client does.
func renamed(err *api.Error) *api.Error {
	out := *err
	out.Fields = slices.Clone(err.Fields)
	for i, f := range out.Fields {
		out.Fields[i].Field = cmp.Or(parameterOf[f.Field], f.Field)
	}
	if len(err.Fields) > 0 && err.Message == api.Sentence(err.Fields[0]) {
		out.Message = api.Sentence(out.Fields[0])
	}
	return &out
}

// plain reports whether the client wants plain text.
func plain(h *dialects.Head) bool { return h != nil && h.Call.Query.Get("format") == "text" }

// writeText writes a URL as it is. Where it leads is a stranger's text, which no
// browser shall take for a page.
func writeText(w http.ResponseWriter, status int, body string) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	write(w, status, "text/plain; charset=utf-8", []byte(body))
}

// write writes an answer that nobody on the way may keep: the GET requests of
// this generation make links.
func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	// A client that went away is not an error that anybody could act on.
	_, _ = w.Write(body)
}
