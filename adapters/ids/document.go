package ids

import (
	"fmt"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
)

// Document returns the document of a link with other ids of what it names. 0,
// which stands for none, and what is no id stay: only the backend knows what
// that is. A document in which nothing changes is returned itself.
func Document(document []byte, change Change) ([]byte, error) {
	changed := false
	write := func(kind adapters.Kind, field, raw string) (string, error) {
		n, err := strconv.ParseInt(raw, 10, 64)
		if err != nil || n == 0 {
			return raw, nil //nolint:nilerr // It is no id, and no failure.
		}
		id, err := change(kind, field, n)
		changed = changed || id != n
		return strconv.FormatInt(id, 10), err
	}
	text, err := edit(gjson.ParseBytes(document), func(name string, v gjson.Result) (string, error) {
		switch {
		case (name == "campaign" || name == "channel") && v.Type == gjson.Number:
			return write(references[name], name, v.Raw)
		case name == "pixels" && v.IsArray():
			return each(v, func(i int, pixel gjson.Result) (string, error) {
				return write(adapters.KindPixel, fmt.Sprintf("pixels[%d]", i), pixel.Raw)
			})
		case name == "type" && v.Type == gjson.String:
			word, id, kind := kindOfType(v.Str)
			if id == 0 {
				return v.Raw, nil
			}
			number, err := write(kind, name, strconv.FormatInt(id, 10))
			return `"` + word + number + `"`, err
		}
		return v.Raw, nil
	})
	if err != nil || !changed {
		return document, err
	}
	return []byte(text), nil
}
