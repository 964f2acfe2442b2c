package migrate

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// draft is a document on its way, with what it has lost.
type draft struct {
	kind      adapters.Kind
	document  []byte
	update    bool
	essential []string
	lost      []string
	err       error
}

func (d *draft) set(name, raw string) {
	if d.err == nil {
		d.document, d.err = sjson.SetRawBytes(d.document, name, []byte(raw))
	}
}

func (d *draft) unset(path string) {
	if d.err == nil {
		d.document, d.err = sjson.DeleteBytes(d.document, path)
	}
}

func (d *draft) lose(name string) {
	if !slices.Contains(d.lost, name) {
		d.lost = append(d.lost, name)
	}
}

func (d *draft) found(name string) {
	d.lost = slices.DeleteFunc(d.lost, func(lost string) bool { return lost == name })
}

// passwordOf notes a password that is known by its hash alone: no request can
// say it.
func (d *draft) passwordOf(r *adapters.Record) {
	if isProtected(r) && gjson.GetBytes(r.Document, fieldPassword).Str == "" {
		d.lose(fieldPassword)
	}
}

// says reports whether the document has a value for the field that asks for
// something.
func (d *draft) says(name string) bool {
	v := gjson.GetBytes(d.document, name)
	return v.Exists() && meaningOf(d.kind, name, v) != ""
}

// warned notes a field that the backend has left out.
func (d *draft) warned(path string) {
	if name, _, _ := strings.Cut(sjsonPath(path), "."); name != "" && d.says(name) {
		d.lose(name)
	}
}

// thin takes what was refused out of the document, and reports whether that can
// be done.
func (d *draft) thin(refused []api.FieldError) bool {
	var paths []string
	for _, f := range refused {
		path := sjsonPath(f.Field)
		name, rest, deep := strings.Cut(path, ".")
		if slices.Contains(d.essential, name) {
			return false
		}
		if name == "" || !gjson.GetBytes(d.document, name).Exists() {
			continue
		}
		if d.says(name) {
			d.lose(name)
		}
		// Of a rule that is refused in part, the rest means something else.
		if deep {
			entry, _, _ := strings.Cut(rest, ".")
			name += "." + entry
		}
		if gjson.GetBytes(d.document, name).Exists() && !slices.Contains(paths, name) {
			paths = append(paths, name)
		}
	}
	// What comes later in a list goes first, so that the others stay in place.
	slices.SortFunc(paths, func(a, b string) int { return index(b) - index(a) })
	for _, path := range paths {
		d.unset(path)
	}
	return len(paths) > 0
}

// plainPath is a path that means nothing but names and places.
var plainPath = regexp.MustCompile(`^[a-z0-9_.]+$`)

// sjsonPath writes the path of a field error, such as geotarget[1].location, as
// one of sjson's; empty where it is none.
func sjsonPath(field string) string {
	path := strings.ReplaceAll(strings.ReplaceAll(field, "[", "."), "]", "")
	if !plainPath.MatchString(path) {
		return ""
	}
	return path
}

func index(path string) int {
	_, entry, _ := strings.Cut(path, ".")
	n, _ := strconv.Atoi(entry)
	return n
}
