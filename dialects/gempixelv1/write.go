package gempixelv1

import (
	"cmp"
	"maps"
	"net/http"
	"slices"

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
	maps.Copy(w.Header(), reply.Header)
	if plain(h) {
		doc := gjson.ParseBytes(reply.Document)
		write(w, http.StatusOK, plainText, []byte(cmp.Or(doc.Get("short").String(), doc.Get("long").String())))
		return
	}
	write(w, http.StatusOK, dialects.JSON, reply.Document)
}

// WriteError implements dialects.Dialect. As plain text a failure is an empty
// body.
func (*Dialect) WriteError(w http.ResponseWriter, h *dialects.Head, err *api.Error) {
	status := dialects.Refuse(w, err, statuses)
	if plain(h) {
		write(w, status, plainText, nil)
		return
	}
	write(w, status, dialects.JSON, openapi.AppendError(make([]byte, 0, 256), renamed(err)))
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

const plainText = "text/plain; charset=utf-8"

// write writes an answer that nobody on the way may keep: the GET requests of
// this generation make links.
func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Cache-Control", "no-store")
	dialects.Write(w, status, contentType, body)
}
