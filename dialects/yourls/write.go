package yourls

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
)

// What clients look for in answers, word by word.
const (
	success    = "success"
	notFound   = "Error: short URL not found"
	needFormat = "Need either XML or JSON format for stats"
)

// statuses maps codes to HTTP statuses as clients of this API know them: a bad
// credential is a 403, a taken keyword a 400. Unsupported is 501 for an
// operation, 400 for a field.
var statuses = map[api.Code]int{
	api.Invalid:          http.StatusBadRequest,
	api.Unauthorized:     http.StatusForbidden,
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

// parameterOf is what clients call the fields of the contract that they send.
var parameterOf = map[string]string{"custom": "keyword", "metatitle": "title"}

// failure is what is answered where an action has no shape of its own for it.
type failure struct {
	Keyword    *string `json:"keyword,omitempty"`
	StatusCode string  `json:"statusCode,omitempty"`
	Message    string  `json:"message"`
	ErrorCode  string  `json:"errorCode,omitempty"`
}

// WriteReply implements dialects.Dialect.
func (d *Dialect) WriteReply(w http.ResponseWriter, h *dialects.Head, reply *api.Reply) {
	maps.Copy(w.Header(), reply.Header)
	write(w, h, reply.Document)
}

// WriteError implements dialects.Dialect.
func (d *Dialect) WriteError(w http.ResponseWriter, h *dialects.Head, err *api.Error) {
	status := dialects.Refuse(w, err, statuses)
	// What is encoded here are strings, which cannot fail.
	doc, _ := marshal(failed(h, err, strconv.Itoa(status)))
	write(w, h, doc)
}

// failed returns the document of a failure in the shape of its action.
func failed(h *dialects.Head, err *api.Error, status string) any {
	// Before a request is accepted no action has a say.
	action := ""
	if h != nil && h.Compose != nil && status != strconv.Itoa(http.StatusForbidden) {
		action = h.Call.Query.Get("action")
	}
	switch {
	case err.Code == api.Unauthorized && h != nil && h.KeyName != "":
		return failure{Message: "Invalid username or password", ErrorCode: status}
	case err.Code == api.Unauthorized:
		return failure{Message: "Please log in", ErrorCode: status}
	case action == "shorturl":
		code, message := refusal(h, err)
		return outcome{Status: "fail", Code: code, Message: message, ErrorCode: status, StatusCode: status}
	case action == "expand" && err.Code == api.NotFound:
		alias := keyword(strings.TrimSpace(h.Call.Query.Get("shorturl")))
		return failure{Keyword: &alias, Message: notFound, ErrorCode: status}
	case action == "url-stats" && err.Code == api.NotFound:
		return failure{StatusCode: status, Message: notFound}
	}
	return failure{Message: err.Message, ErrorCode: status}
}

// refusal is the code and the message of a link that was not made.
func refusal(h *dialects.Head, err *api.Error) (code, message string) {
	in := h.Call.Query
	var field api.FieldError
	if len(err.Fields) > 0 {
		field = err.Fields[0]
	}
	message = err.Message
	if name, ok := parameterOf[field.Field]; ok && err.Code == api.Invalid {
		message = api.Sentence(api.FieldError{Field: name, Message: field.Message})
	}
	switch {
	case err.Code == api.Conflict:
		return "error:keyword", "Short URL " + in.Get("keyword") + " already exists in database or is reserved"
	case err.Code == api.Invalid && field.Field == "custom":
		return "error:keyword", message
	case err.Code == api.Invalid && field.Field == "url" && strings.TrimSpace(in.Get("url")) == "":
		return "error:nourl", "Missing or malformed URL"
	case err.Code == api.Invalid && field.Field == "url":
		return "error:nourl", message
	}
	return "error:" + string(err.Code), message
}

// write answers a document in the format that the client wants, with the status
// that the document tells.
func write(w http.ResponseWriter, h *dialects.Head, doc []byte) {
	parsed := gjson.ParseBytes(doc)
	status := http.StatusOK
	for _, name := range []string{"errorCode", "statusCode"} {
		if n := parsed.Get(name).Int(); n != 0 {
			status = int(n)
		}
	}
	var contentType string
	switch format(h) {
	case "json", "jsonp":
		contentType = "application/json"
	case "xml":
		contentType, doc = "application/xml", appendXML(nil, parsed)
	default:
		contentType, doc = "text/plain", []byte(simple(parsed))
	}
	// Nobody on the way may keep it: GET requests make links.
	w.Header().Set("Cache-Control", "no-store")
	dialects.Write(w, status, contentType+"; charset=utf-8", doc)
}

// simple is what a document says in one word: the short URL, the long one, the
// version, or what is wrong. Where a link was not made it is nothing at all,
// since clients take anything for the short URL.
func simple(doc gjson.Result) string {
	switch {
	case doc.Get("longurl").Exists():
		return doc.Get("longurl").String()
	case doc.Get("status").Exists():
		return doc.Get("shorturl").String()
	case doc.Get("version").Exists():
		return doc.Get("version").String()
	case doc.Get("keyword").Exists():
		return "not found"
	case doc.Get("errorCode").Exists():
		return doc.Get("message").String()
	}
	return needFormat
}

// encode returns a document as the reply of a request.
func encode(v any) (*api.Reply, error) {
	doc, err := marshal(v)
	return &api.Reply{Document: doc}, err
}

// marshal returns v as JSON. Unlike json.Marshal it leaves &, < and > as they
// are: scripts look for addresses with less than a parser of JSON.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding a document: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
