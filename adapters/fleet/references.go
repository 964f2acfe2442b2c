package fleet

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// inward writes what a document names by id as the backend knows it. What is
// not that backend's is refused: it would be read there as something else.
func (r *router) inward(m *member, document []byte) ([]byte, error) {
	changed := false
	local := func(field string, text string) (string, error) {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			// The contract has seen it, and only the backend knows what it is.
			return text, nil //nolint:nilerr // It is no id, and no failure.
		}
		id, ok := r.localTo(m, n)
		if !ok {
			return "", api.InvalidField(field, fmt.Sprintf("must be of the backend %q, where the link is", m.name))
		}
		changed = changed || id != n
		return strconv.FormatInt(id, 10), nil
	}
	text, err := edit(gjson.ParseBytes(document), func(name string, v gjson.Result) (string, error) {
		switch {
		case (name == "campaign" || name == "channel") && v.Type == gjson.Number:
			return local(name, v.Raw)
		case name == "pixels" && v.IsArray():
			pixels := v.Array()
			ids := make([]string, len(pixels))
			for i, pixel := range pixels {
				var err error
				if ids[i], err = local(fmt.Sprintf("pixels[%d]", i), pixel.Raw); err != nil {
					return "", err
				}
			}
			return "[" + strings.Join(ids, ",") + "]", nil
		case name == "type" && v.Type == gjson.String:
			word, number := splitKind(v.Str)
			if number == "" {
				return v.Raw, nil
			}
			id, err := local(name, number)
			return `"` + word + id + `"`, err
		}
		return v.Raw, nil
	})
	if err != nil || !changed {
		return document, err
	}
	return []byte(text), nil
}

// localTo returns the id that a client's has at the backend, where it is of that
// backend. 0 stands for none everywhere.
func (r *router) localTo(m *member, id int64) (int64, bool) {
	if id == 0 {
		return 0, true
	}
	of, local, ok := r.locate(id)
	return local, ok && of == m
}
