package migrate

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// object looks at one object of the source.
func (p *planner) object(t *tally, o *object) {
	kind := t.report.Kind
	found := FoundObject{ID: o.ID, Name: nameOf(&o.Record)}
	if kind == adapters.KindLink && o.err == nil && p.again(o) {
		return
	}
	t.report.Objects++
	if o.err != nil {
		found.Detail = api.AsError(o.err).Message
		p.found.add(FoundUnreadable, kind, "", found)
		return
	}
	movable := true
	if kind == adapters.KindLink {
		movable = p.address(t, o, &found)
	} else if p.there(&o.Record) {
		p.found.add(FoundThere, kind, "", found)
	} else if why := p.immovable(o); why != "" {
		found.Detail = why
		p.found.add(FoundImmovable, kind, "", found)
		p.stays[reference{kind, o.ID}] = true
		return
	}
	kept := p.fields(t, o, found)
	if movable && !p.there(&o.Record) {
		movable = p.valid(kind, kept, found)
	}
	if movable {
		t.report.Movable++
		t.calls += p.calls(&o.Record)
	} else {
		p.stays[reference{kind, o.ID}] = kind != adapters.KindLink
	}
}

// there reports whether the target has an object with the natural key, which is
// then taken as it is. Links are looked at by their address.
func (p *planner) there(r *adapters.Record) bool {
	key := naturalKey(r)
	return key != "" && p.keys[r.Kind][key]
}

// immovable says why an object cannot be made at the target, empty where it can.
func (p *planner) immovable(o *object) string {
	if !p.target.Backend.Capabilities().Supports(resources[o.Kind].create) {
		return "the target cannot make one"
	}
	var untold []string
	for _, name := range writes[o.Kind].vital {
		if slices.Contains(o.Untold, name) {
			untold = append(untold, name)
		}
	}
	if len(untold) > 0 {
		return "the source does not tell " + strings.Join(untold, ", ")
	}
	return ""
}

// fields counts what becomes of each field, and returns the document of what the
// target takes.
func (p *planner) fields(t *tally, o *object, found FoundObject) []byte {
	kept := []byte("{}")
	gjson.ParseBytes(o.Document).ForEach(func(key, v gjson.Result) bool {
		name := key.Str
		if name == fieldChannel {
			return true // It is one of Channels.
		}
		listed := slices.Contains(t.order, name)
		lost := p.lost(o.Kind, name, v)
		switch {
		case lost == nil:
			kept, _ = sjson.SetRawBytes(kept, name, []byte(v.Raw))
			if listed {
				t.field(name).Kept++
			}
			return true
		case listed:
			t.field(name).Lost++
		}
		one := found
		one.Detail = strings.Join(lost, ", ")
		p.found.add(FoundLost, o.Kind, name, one)
		return true
	})
	for _, name := range o.Untold {
		if name != fieldPassword || !isProtected(&o.Record) {
			t.field(name).Untold++
		}
	}
	p.beside(t, o, found)
	return kept
}

// lost returns what of a field the target does not take, nil where it takes all
// of it.
func (p *planner) lost(kind adapters.Kind, name string, v gjson.Result) []string {
	if kind == adapters.KindLink && (name == fieldDomain || name == "custom" || name == "url") {
		return nil // They are the link itself: address has looked at them.
	}
	if lost := p.target.refusedOf(kind, name, v); lost != nil {
		return lost
	}
	var gone []string
	for _, to := range p.references(kind, name, v) {
		if p.stays[to] {
			gone = append(gone, kindNames[to.Kind]+" cannot be copied")
		}
	}
	return gone
}

// references are the objects that a field names.
func (p *planner) references(kind adapters.Kind, name string, v gjson.Result) []reference {
	if kind != adapters.KindLink || name != "pixels" && name != "type" && name != "campaign" {
		return nil
	}
	document, _ := sjson.SetRawBytes([]byte("{}"), name, []byte(v.Raw))
	return referencesOf(&adapters.Record{Kind: kind, Document: document})
}

// beside counts what no document tells: channels, password, date and visits.
func (p *planner) beside(t *tally, o *object, found FoundObject) {
	many := p.target.takesMany()
	if channels := channelsOf(&o.Record); len(channels) > 0 {
		assigns := p.target.Backend.Capabilities().Supports(api.AssignItemToChannel)
		movable := !slices.ContainsFunc(channels, func(id int64) bool { return p.stays[reference{adapters.KindChannel, id}] })
		p.tally(t, o, fieldChannel, (many || assigns) && movable, found)
	}
	if isProtected(&o.Record) {
		f := t.field(fieldPassword)
		if o.PasswordHash != "" && many {
			f.Kept++
		} else {
			f.Lost++
			p.found.add(FoundPassword, o.Kind, fieldPassword, found)
		}
	}
	if !o.Created.IsZero() {
		if f := t.field(fieldCreated); many {
			f.Kept++
		} else {
			f.Lost++
		}
	}
	if o.Clicks > 0 {
		if f := t.field(fieldClicks); many {
			f.Kept++
		} else {
			f.Lost++
		}
	}
}

// tally counts a field as kept or lost.
func (p *planner) tally(t *tally, o *object, name string, kept bool, found FoundObject) {
	if kept {
		t.field(name).Kept++
		return
	}
	t.field(name).Lost++
	p.found.add(FoundLost, o.Kind, name, found)
}

// valid reports whether the target takes the document.
func (p *planner) valid(kind adapters.Kind, document []byte, found FoundObject) bool {
	op := resources[kind].create
	err := p.contract.Operation(op).Validate(&api.Call{Operation: op, Document: document})
	if err == nil {
		return true
	}
	var why []string
	for _, f := range api.AsError(err).Fields {
		why = append(why, f.Field+": "+f.Message)
	}
	found.Detail = strings.Join(why, "; ")
	p.found.add(FoundRefused, kind, "", found)
	return false
}

// calls is how many calls it takes to write an object to the target: to make it,
// to read it back, and to put it into channels.
func (p *planner) calls(r *adapters.Record) int {
	if p.target.takesMany() || p.there(r) {
		return 0
	}
	return 2 + len(channelsOf(r))
}
