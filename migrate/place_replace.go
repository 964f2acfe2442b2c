package migrate

import (
	"context"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// replace makes an object like the record.
func (w *writer) replace(ctx context.Context, r *adapters.Record, id int64) Result {
	var current *adapters.Record
	w.place.forgetGroups(r.Kind, id)
	err := w.ask(ctx, func(ctx context.Context) (err error) {
		current, err = w.place.Get(ctx, r.Kind, id)
		return err
	})
	if err != nil {
		return Result{Err: err}
	}
	d := w.patch(r, current)
	entered, err := w.regroup(d, r, current)
	if err != nil {
		return Result{Err: err}
	}
	touched := len(entered) > 0
	if string(d.document) != "{}" {
		call := w.place.call(writes[r.Kind].update)
		call.Path.ID = id
		if _, err := w.send(ctx, d, call, w.do); err != nil {
			return Result{Err: err}
		}
		touched = true
		if gjson.GetBytes(d.document, fieldChannel).Exists() {
			w.place.forget(r.Kind, id)
		}
	}
	if err := w.group(ctx, d, r, id, entered); err != nil {
		return Result{Err: err}
	}
	if !touched {
		return Result{ID: id, Lost: d.lost, Stored: current}
	}
	w.place.forgetGroups(r.Kind, id)
	return w.stored(ctx, d, id)
}

// patch is the part of a record in which the object has to change.
func (w *writer) patch(r, current *adapters.Record) *draft {
	d := &draft{kind: r.Kind, document: []byte("{}"), update: true}
	d.passwordOf(r)
	document := gjson.ParseBytes(r.Document)
	fields := Differences(r, current)
	// What the place cannot tell is said again each time.
	for _, name := range current.Untold {
		if document.Get(name).Exists() {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	for _, name := range slices.Compact(fields) {
		switch v := document.Get(name); {
		case name == fieldChannel, name == fieldPassword:
		case slices.Contains(writes[r.Kind].fixed, name):
			d.lose(name)
		case name == fieldDomain && meaningOf(r.Kind, name, v) == "":
			d.set(name, strconv.Quote(api.HostOf(w.place.Origin)))
		case !v.Exists() || v.Type == gjson.Null:
			d.set(name, nothing(name))
		default:
			d.set(name, v.Raw)
		}
	}
	if v := document.Get(fieldPassword); v.Exists() {
		d.set(fieldPassword, strconv.Quote(v.Str))
	}
	return d
}

// regroup returns the channels that the object is to be put into. An update
// knows no more than one: where it is to leave one, it is put into that and then
// into the others.
func (w *writer) regroup(d *draft, r, current *adapters.Record) (enter []int64, err error) {
	if untold(r, fieldChannel) {
		return nil, nil
	}
	wanted, has := channelsOf(r), channelsOf(current)
	for _, id := range has {
		if slices.Contains(wanted, id) {
			continue
		}
		if r.Kind != adapters.KindLink {
			d.lose(fieldChannel)
			break
		}
		first := int64(0)
		if len(wanted) > 0 {
			first, wanted = wanted[0], wanted[1:]
		}
		d.set(fieldChannel, strconv.FormatInt(first, 10))
		has = nil
		break
	}
	return slices.DeleteFunc(wanted, func(id int64) bool { return slices.Contains(has, id) }), d.err
}

// nothing is the value by which an update takes a field away.
func nothing(name string) string {
	switch name {
	case "geotarget", "devicetarget", "languagetarget", "parameters", "pixels":
		return "[]"
	case "deeplink":
		return "{}"
	case "campaign", fieldChannel, "clicklimit":
		return "0"
	case "redirectcode", "counter":
		return defaults[name]
	case "forwardquery", "disabled", "public", "starred":
		return "false"
	}
	return strconv.Quote(defaults[name])
}
