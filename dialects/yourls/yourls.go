// Package yourls is the API of YOURLS, which the most clients speak whose host
// can be set: one path, an action and its parameters in the query or in a form,
// and answers as JSON, as XML or as plain text. It answers what version 1.10
// answers. An action is carried out by one or more calls of the contract.
package yourls

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/translate"
)

// Path is the only path of the dialect.
const Path = "/yourls-api.php"

// Version is the version of YOURLS whose API this is, as clients are told.
const Version = "1.10.0"

var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost}

// Dialect is the API of YOURLS.
type Dialect struct {
	zone    *time.Location
	actions map[string]action
}

// action is one thing that a client can ask for.
type action struct {
	// operation is the main one of the calls that it takes.
	operation api.Operation

	// run carries it out. Its reply is a document in the caller's shape.
	run func(ctx context.Context, do dialects.Do, in url.Values) (*api.Reply, error)
}

// New returns the dialect. The zone is that of the contract's times, in which
// a new link is dated; nil means UTC.
func New(zone *time.Location) *Dialect {
	if zone == nil {
		zone = time.UTC
	}
	d := &Dialect{zone: zone}
	d.actions = map[string]action{
		"shorturl":  {api.CreateLink, d.shorten},
		"expand":    {api.ListLinks, expand},
		"url-stats": {api.ListLinks, linkStats},
		"stats":     {api.ListLinks, stats},
		"db-stats":  {api.ListLinks, totals},
		"version":   {api.GetCapabilities, version},
	}
	return d
}

// Name implements dialects.Dialect.
func (d *Dialect) Name() string { return "yourls" }

// Owns implements dialects.Dialect.
func (d *Dialect) Owns(path string) bool { return path == Path }

// Head implements dialects.Dialect. The query of its call is what the client
// sent, without credentials.
func (d *Dialect) Head(r *http.Request) (*dialects.Head, error) {
	in := &parameters{values: url.Values{}}
	err := in.read(r)
	h := &dialects.Head{Notes: in.notes}
	identify(h, in.values, r.Header.Get("Authorization"))
	h.Call.Query = in.values
	if err != nil {
		return h, err
	}
	if !slices.Contains(methods, r.Method) {
		return h, &api.Error{Code: api.MethodNotAllowed, Message: "This endpoint does not take that method.", Allow: methods}
	}
	if format(h) == "jsonp" {
		return h, api.Errorf(api.Invalid, "The format jsonp is not supported. Please use json.")
	}
	a, ok := d.actions[in.values.Get("action")]
	if !ok {
		return h, api.Errorf(api.Invalid, `Unknown or missing "action" parameter`)
	}
	if r.Method == http.MethodHead && a.operation == api.CreateLink {
		return h, &api.Error{Code: api.MethodNotAllowed, Message: "HEAD makes no link.", Allow: []string{http.MethodGet, http.MethodPost}}
	}
	h.Call.Operation = a.operation
	h.Compose = func(ctx context.Context, do dialects.Do) (*api.Reply, error) { return a.run(ctx, do, in.values) }
	return h, nil
}

// Document implements dialects.Dialect. No body is a document here.
func (d *Dialect) Document(api.Operation, []byte) ([]byte, []translate.Note, error) {
	return nil, nil, nil
}

// identify takes the credential from the parameters: a signature, with the
// moment that it was made at or without, or a name and a key. A client that
// sends none of them may use the Authorization header.
func identify(h *dialects.Head, in url.Values, header string) {
	take := func(name string) string {
		value := in.Get(name)
		in.Del(name)
		return value
	}
	signature, timestamp, hash := take("signature"), take("timestamp"), take("hash")
	name, password := take("username"), take("password")
	switch {
	case signature != "":
		if hash == "" {
			hash = "md5"
		}
		h.Signature = &api.Signature{Value: api.Secret(signature), Signed: timestamp, Hash: hash}
	case name != "" || password != "":
		h.KeyName, h.Credential = name, api.Secret(password)
	default:
		h.Credential = dialects.Bearer(header)
	}
}

// format returns how the client wants to be answered.
func format(h *dialects.Head) string {
	if h == nil || !h.Call.Query.Has("format") {
		return "xml"
	}
	return h.Call.Query.Get("format")
}

// version answers which version's API this is.
func version(_ context.Context, _ dialects.Do, _ url.Values) (*api.Reply, error) {
	return encode(struct {
		Version string `json:"version"`
	}{Version})
}

var _ dialects.Dialect = (*Dialect)(nil)
