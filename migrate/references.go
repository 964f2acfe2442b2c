package migrate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/adapters"
)

// reference is another object that a record names.
type reference struct {
	Kind adapters.Kind
	ID   int64
}

// referencesOf returns what a record refers to, each once, in an order in which
// it can be moved.
func referencesOf(r *adapters.Record) []reference {
	var list []reference
	add := func(kind adapters.Kind, id int64) {
		if to := (reference{kind, id}); id > 0 && !slices.Contains(list, to) {
			list = append(list, to)
		}
	}
	if r.Kind == adapters.KindLink {
		document := gjson.ParseBytes(r.Document)
		for _, id := range document.Get("pixels").Array() {
			add(adapters.KindPixel, id.Int())
		}
		kind, id := pageOf(document.Get("type").String())
		add(kind, id)
		add(adapters.KindCampaign, document.Get("campaign").Int())
	}
	for _, id := range channelsOf(r) {
		add(adapters.KindChannel, id)
	}
	return list
}

// pageOf reads a link's type that names a splash page by its number, or an
// overlay as overlay-N. The id is 0 for every other type.
func pageOf(kind string) (adapters.Kind, int64) {
	of, number := adapters.KindSplash, kind
	if rest, ok := strings.CutPrefix(kind, "overlay-"); ok {
		of, number = adapters.KindOverlay, rest
	}
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id < 1 {
		return "", 0
	}
	return of, id
}

// refer makes the record refer to the ids that known gives for those that it
// refers to. What known does not have is left out; lost names the fields that
// have lost something by it.
func refer(r *adapters.Record, known map[reference]int64) (lost []string, err error) {
	lose := func(field string) {
		if !slices.Contains(lost, field) {
			lost = append(lost, field)
		}
	}
	translated := func(field string, kind adapters.Kind, ids []int64) []int64 {
		out := []int64{}
		for _, id := range ids {
			switch to, ok := known[reference{kind, id}]; {
			case !ok:
				lose(field)
			case !slices.Contains(out, to):
				out = append(out, to)
			}
		}
		return out
	}
	set := func(field string, value any, ok bool) {
		switch {
		case err != nil:
		case ok:
			r.Document, err = sjson.SetBytes(r.Document, field, value)
		default:
			r.Document, err = sjson.DeleteBytes(r.Document, field)
		}
	}
	r.Channels = translated(fieldChannel, adapters.KindChannel, channelsOf(r))
	document := gjson.ParseBytes(r.Document)
	if document.Get(fieldChannel).Exists() {
		set(fieldChannel, nil, false)
	}
	if r.Kind == adapters.KindLink {
		if v := document.Get("pixels"); v.IsArray() {
			var ids []int64
			for _, id := range v.Array() {
				ids = append(ids, id.Int())
			}
			set("pixels", translated("pixels", adapters.KindPixel, ids), true)
		}
		if id := document.Get("campaign").Int(); id > 0 {
			to, ok := known[reference{adapters.KindCampaign, id}]
			if set("campaign", to, ok); !ok {
				lose("campaign")
			}
		}
		if kind, id := pageOf(document.Get("type").String()); id > 0 {
			to, ok := known[reference{kind, id}]
			prefix := ""
			if kind == adapters.KindOverlay {
				prefix = "overlay-"
			}
			if set("type", prefix+strconv.FormatInt(to, 10), ok); !ok {
				lose("type")
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("writing references: %w", err)
	}
	return lost, nil
}
