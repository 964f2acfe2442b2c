package gempixel

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

// uploads is the one path whose last segment is the client's own text.
const uploads = Prefix + "/files/upload/"

// itemTypes are what a channel holds, the values of {type}.
var itemTypes = []string{"links", "bio", "qr"}

// routes finds operations by method and path. http.ServeMux is not used: it
// redirects "//", answers 405 in plain text, and its {id} matches "..%2f1".
type routes struct {
	// paths maps a path whose numbers are replaced by "{}" to what stands there.
	paths map[string]route
}

type route struct {
	methods  map[string]endpoint
	itemType string
}

func newRoutes(contract *openapi.Contract) *routes {
	rt := &routes{paths: map[string]route{}}
	for _, op := range contract.Operations() {
		if op.ID == api.GetHealth || op.ID == api.UploadFile {
			continue // served before and beside this table
		}
		if !strings.Contains(op.Path, "{type}") {
			rt.add(op.Method, op.Path, "", endpoint{operation: op.ID})
			continue
		}
		for _, t := range itemTypes {
			rt.add(op.Method, strings.Replace(op.Path, "{type}", t, 1), t, endpoint{operation: op.ID})
		}
	}
	for _, p := range others {
		rt.add(p.method, p.path, "", p.endpoint)
	}
	for _, p := range aliases {
		p.endpoint.alias = p.path
		rt.add(p.method, p.path, "", p.endpoint)
	}
	return rt
}

func (rt *routes) add(method, template, itemType string, e endpoint) {
	segments := strings.Split(template, "/")
	for i, s := range segments {
		if strings.HasPrefix(s, "{") {
			segments[i] = "{}"
		}
	}
	path := strings.Join(segments, "/")
	if _, ok := rt.paths[path]; !ok {
		rt.paths[path] = route{methods: map[string]endpoint{}, itemType: itemType}
	}
	rt.paths[path].methods[method] = e
}

// find returns what stands at the path and the values of it. Codes: NotFound,
// MethodNotAllowed, Unsupported for what only a site itself does, Invalid for
// an id that is none.
func (rt *routes) find(method string, u *url.URL) (endpoint, api.Path, error) {
	if strings.HasPrefix(u.Path, uploads) {
		path, err := findUpload(method, u)
		return endpoint{operation: api.UploadFile}, path, err
	}
	var path api.Path
	pattern := make([]byte, 0, 96)
	rest := strings.TrimSuffix(u.Path, "/")
	numbers := 0
	for len(rest) > 0 && len(pattern) <= 64 {
		rest = rest[1:] // the slash
		segment := rest
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			segment = rest[:i]
		}
		rest = rest[len(segment):]
		pattern = append(pattern, '/')
		if !digits(segment) {
			pattern = append(pattern, segment...)
			continue
		}
		n, err := strconv.ParseInt(segment, 10, 64)
		if err != nil || n < 1 {
			return endpoint{}, path, badID()
		}
		pattern = append(pattern, "{}"...)
		switch numbers++; numbers {
		case 1:
			path.ID = n
		case 2:
			path.ItemID = n
		}
	}
	found, ok := rt.paths[string(pattern)]
	if !ok || rest != "" {
		return endpoint{}, path, rt.missing(string(pattern))
	}
	path.ItemType = found.itemType
	e, ok := found.methods[method]
	if !ok && method == http.MethodHead {
		e, ok = found.methods[http.MethodGet]
	}
	switch {
	case !ok:
		return endpoint{}, path, methodNotAllowed(slices.Collect(maps.Keys(found.methods))...)
	case e.operation == "":
		return endpoint{}, path, api.Errorf(api.Unsupported, "The users of a site are not managed here.")
	}
	return e, path, nil
}

// missing says what is wrong with a path that is none: a segment that should
// have been a number, or all of it.
func (rt *routes) missing(pattern string) error {
	segments := strings.Split(pattern, "/")
	for i := range segments {
		s := slices.Clone(segments)
		s[i] = "{}"
		if _, ok := rt.paths[strings.Join(s, "/")]; ok && i > 2 {
			return badID()
		}
	}
	return api.Errorf(api.NotFound, "There is no such endpoint.")
}

func badID() error {
	return api.InvalidField("id", "must be a positive integer in the path")
}

func methodNotAllowed(allowed ...string) error {
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	slices.Sort(allowed)
	return &api.Error{Code: api.MethodNotAllowed, Message: "This endpoint does not take that method.", Allow: allowed}
}

// findUpload reads the file name of an upload from the path as it was sent, so
// that an escaped separator is seen for what it is.
func findUpload(method string, u *url.URL) (api.Path, error) {
	name, err := url.PathUnescape(strings.TrimPrefix(u.EscapedPath(), uploads))
	unsafe := func(r rune) bool { return r < ' ' || r == 0x7f || r == '/' || r == '\\' }
	switch {
	case method != http.MethodPost:
		return api.Path{}, methodNotAllowed(http.MethodPost)
	case err != nil || name == "" || name == "." || name == ".." || len(name) > 255 ||
		!utf8.ValidString(name) || strings.ContainsFunc(name, unsafe):
		return api.Path{}, api.InvalidField("filename", "must be a plain file name of at most 255 bytes in UTF-8")
	}
	return api.Path{Filename: name}, nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
