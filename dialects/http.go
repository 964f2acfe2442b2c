package dialects

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/linkquay/linkquay/api"
)

// JSON is the content type of documents.
const JSON = "application/json; charset=utf-8"

// Bearer returns the key of an Authorization header, which clients send as
// "Bearer K", "Token K" or K alone, the scheme in any letter case.
func Bearer(header string) api.Secret {
	header = strings.TrimSpace(header)
	scheme, rest, _ := strings.Cut(header, " ")
	if strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "Token") {
		header = strings.TrimSpace(rest)
	}
	return api.Secret(header)
}

// Refuse sets the headers that a failure has, Allow and Retry-After, and returns
// its HTTP status, of those that a dialect has for codes. What a backend cannot
// honour of a field has the status of what is wrong with one.
func Refuse(w http.ResponseWriter, err *api.Error, statuses map[api.Code]int) int {
	if len(err.Allow) > 0 {
		w.Header().Set("Allow", strings.Join(err.Allow, ", "))
	}
	if seconds := err.RetrySeconds(); seconds > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	code := err.Code
	if code == api.Unsupported && len(err.Fields) > 0 {
		code = api.Invalid
	}
	if status, ok := statuses[code]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// Write writes an answer. No browser shall take what it holds, some of which is
// strangers' text, for anything but what it is.
func Write(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{contentType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	h["X-Content-Type-Options"] = []string{"nosniff"}
	w.WriteHeader(status)
	// A client that went away is not an error that anybody could act on.
	_, _ = w.Write(body)
}
