package gempixel

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// table returns the request table of an operation: everything passes as it is
// but the time, which the site reads in its own zone and in one form only, and a
// domain, which it wants with its scheme.
func (a *Adapter) table(op operation) *translate.Table {
	rows := append(translate.Same(op.fields...), op.moot...)
	for i := range rows {
		row := &rows[i]
		switch {
		case row.From == "expiry":
			row.Value = translate.DateTime(a.cfg.Zone, a.cfg.RemoteZone)
		case row.From == "domain" && op.path == operations[api.CreateDomain].path:
			row.Value = withScheme
		}
		if slices.Contains(op.sticky, row.From) {
			row.Value = given(row.Value)
		}
	}
	return translate.New(translate.Refuse, rows...)
}

// given leaves out what would take a value away, which counts as a loss, and else
// does what write does; nil copies.
func given(write translate.Func) translate.Func {
	return func(p *translate.Pass, v gjson.Result) {
		switch {
		case isNothing(v):
			p.Refuse("", v.String())
		case write == nil:
			p.Raw(v.Raw)
		default:
			write(p, v)
		}
	}
}

// isNothing reports whether v is what takes a value away.
func isNothing(v gjson.Result) bool { return v.Raw == `""` || v.Raw == "0" }

// withScheme writes a host as an address.
func withScheme(p *translate.Pass, v gjson.Result) {
	if strings.Contains(v.Str, "://") {
		p.Raw(v.Raw)
		return
	}
	p.String("https://" + v.Str)
}

// capability reads what an operation does off its table.
func (a *Adapter) capability(op operation, table *translate.Table) api.Capability {
	c := api.Capability{Support: api.Native, Query: natively(op.query)}
	if table != nil {
		c.Fields = table.Fields(table.Names())
	}
	for _, name := range op.sticky {
		nothing := ""
		if name == "campaign" || name == "channel" {
			nothing = "0"
		}
		c.Fields[name] = api.FieldCapability{Support: api.Native, Values: map[string]api.Support{nothing: api.Refused}}
	}
	if strings.Contains(op.path, "{type}") {
		c.Fields = natively([]string{"type"})
	}
	return c
}

func natively(names []string) map[string]api.FieldCapability {
	if len(names) == 0 {
		return nil
	}
	all := make(map[string]api.FieldCapability, len(names))
	for _, name := range names {
		all[name] = api.FieldCapability{Support: api.Native}
	}
	return all
}
