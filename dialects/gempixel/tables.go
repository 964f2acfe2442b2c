package gempixel

import (
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/translate"
)

// values says how the fields that are no plain text are read. A field has one
// meaning in every operation that takes it.
var values = map[string]translate.Func{
	"campaign":       integer,
	"channel":        integer,
	"clicklimit":     integer,
	"counter":        integerFromZero,
	"data":           anything,
	"deeplink":       deepLink,
	"disabled":       boolean,
	"devicetarget":   rules(newMembers("device", "link")),
	"forwardquery":   boolean,
	"geotarget":      rules(newMembers("location", "link")),
	"languagetarget": rules(newMembers("language", "link")),
	"parameters":     parameters,
	"pixels":         integers,
	"public":         boolean,
	"redirectcode":   integer,
	"starred":        boolean,
}

// clearable are the fields that an update empties with an empty value.
// Everywhere else an empty value means "not given".
var clearable = map[api.Operation]map[string]translate.Func{
	api.UpdateLink: {
		"campaign":        integerOrZero,
		"channel":         integerOrZero,
		"clicklimit":      integerOrZero,
		"deeplink":        objectOrEmpty(deepLink),
		"description":     translate.TextOrEmpty,
		"expiredurl":      translate.TextOrEmpty,
		"expiry":          translate.TextOrEmpty,
		"externalid":      translate.TextOrEmpty,
		"metadescription": translate.TextOrEmpty,
		"metaimage":       translate.TextOrEmpty,
		"metatitle":       translate.TextOrEmpty,
		"password":        translate.TextOrEmpty,
		"startdate":       translate.TextOrEmpty,
	},
	api.UpdateQRCode:  {"logo": translate.TextOrEmpty},
	api.UpdateChannel: {"description": translate.TextOrEmpty},
	api.UpdateDomain: {
		"redirect404":  translate.TextOrEmpty,
		"redirectroot": translate.TextOrEmpty,
	},
	api.UpdateSplashPage: {
		"button":  translate.TextOrEmpty,
		"image":   translate.TextOrEmpty,
		"message": translate.TextOrEmpty,
		"title":   translate.TextOrEmpty,
	},
	api.UpdateOverlay: {
		"button":  translate.TextOrEmpty,
		"email":   translate.TextOrEmpty,
		"label":   translate.TextOrEmpty,
		"link":    translate.TextOrEmpty,
		"message": translate.TextOrEmpty,
	},
}

// otherNames are those that some clients have for fields, by the contract's.
var otherNames = map[string]string{
	"redirect404":  "redirect_404",
	"redirectroot": "redirect_root",
}

// newTables returns a table for each operation that takes a JSON body. Its
// rows are the contract's fields; what the contract does not know is dropped.
func newTables(contract *openapi.Contract) map[api.Operation]*translate.Table {
	tables := map[api.Operation]*translate.Table{}
	for _, op := range contract.Operations() {
		if op.Body != openapi.JSONBody || op.ID == api.CreateLinks {
			continue
		}
		var rows []translate.Row
		for _, name := range op.Fields {
			value, ok := values[name]
			if !ok {
				value = translate.Text
			}
			if c, ok := clearable[op.ID][name]; ok {
				value = c
			}
			rows = append(rows, translate.Row{From: name, To: name, Value: translate.Given(value)})
			if other, ok := otherNames[name]; ok {
				rows = append(rows, translate.Row{From: other, To: name, Value: translate.Given(renamed(value))})
			}
		}
		tables[op.ID] = translate.New(translate.Drop, rows...)
	}
	urls := documents(tables[api.CreateLink])
	tables[api.CreateLinks] = translate.New(translate.Drop, translate.Row{From: "urls", To: "urls", Value: translate.Given(urls)})
	return tables
}

// renamed is value under another name than the contract's.
func renamed(value translate.Func) translate.Func {
	return func(p *translate.Pass, v gjson.Result) {
		p.Note(translate.Alias)
		value(p, v)
	}
}

func anything(p *translate.Pass, v gjson.Result) { p.Raw(v.Raw) }

// integer drops "", false and 0, and takes "3" for 3.
func integer(p *translate.Pass, v gjson.Result) {
	if v.Raw == "0" || v.Raw == `"0"` || v.Raw == `""` || v.Type == gjson.False {
		p.Note(translate.EmptyValue)
		return
	}
	number(p, v)
}

// integerFromZero is integer where 0 is a number like any other.
func integerFromZero(p *translate.Pass, v gjson.Result) {
	if v.Raw == `""` || v.Type == gjson.False {
		p.Note(translate.EmptyValue)
		return
	}
	number(p, v)
}

// integerOrZero is integer for updates, where 0 and "" mean none.
func integerOrZero(p *translate.Pass, v gjson.Result) {
	switch v.Raw {
	case `""`, `"0"`:
		p.Note(translate.OtherType)
		p.Int(0)
	case "false":
		p.Note(translate.EmptyValue)
	default:
		number(p, v)
	}
}

// number takes text for the number that it spells; anything else stays as it
// is, for the contract to refuse.
func number(p *translate.Pass, v gjson.Result) {
	if v.Type == gjson.String {
		if n, err := strconv.ParseInt(v.Str, 10, 64); err == nil {
			p.Note(translate.OtherType)
			p.Int(n)
			return
		}
	}
	p.Raw(v.Raw)
}

// integers is a list of ids, some of which clients send as text.
func integers(p *translate.Pass, v gjson.Result) {
	if !v.IsArray() {
		list(p, v)
		return
	}
	each(p, v, func(e gjson.Result) bool {
		return e.Type != gjson.Null
	}, number)
}

// boolean takes 0, 1 and their texts for what they mean in PHP.
func boolean(p *translate.Pass, v gjson.Result) {
	switch v.Raw {
	case `""`:
		p.Note(translate.EmptyValue)
	case "1", `"1"`, `"true"`:
		p.Note(translate.OtherType)
		p.Raw("true")
	case "0", `"0"`, `"false"`:
		p.Note(translate.OtherType)
		p.Raw("false")
	default:
		p.Raw(v.Raw)
	}
}

// list drops "", false and {}.
func list(p *translate.Pass, v gjson.Result) {
	if !v.IsArray() && translate.Empty(v) {
		p.Note(translate.EmptyValue)
		return
	}
	p.Raw(v.Raw)
}

// parameters skips the entries that lack a name or a value: the pages' own
// sample has one.
func parameters(p *translate.Pass, v gjson.Result) {
	if !v.IsArray() {
		list(p, v)
		return
	}
	var name, value gjson.Result // of the entry that complete was asked about
	var others bool
	complete := func(e gjson.Result) bool {
		name, value, others = gjson.Result{}, gjson.Result{}, false
		if !e.IsObject() {
			return true // for the contract to refuse
		}
		e.ForEach(func(key, member gjson.Result) bool {
			switch key.Str {
			case "name":
				name = member
			case "value":
				value = member
			default:
				others = true
			}
			return true
		})
		return name.String() != "" && value.Type != gjson.Null
	}
	each(p, v, complete, func(p *translate.Pass, e gjson.Result) {
		if value.Type != gjson.Number && !others {
			p.Raw(e.Raw)
			return
		}
		p.Raw(`{"name":`)
		p.Raw(name.Raw)
		p.Raw(`,"value":`)
		translate.TextOrEmpty(p, value)
		p.Raw("}")
		if others {
			p.Note(translate.UnknownField)
		}
	})
}

// each writes the elements of an array that are to be kept, one after another.
func each(p *translate.Pass, v gjson.Result, keep func(gjson.Result) bool, write translate.Func) {
	p.Raw("[")
	first := true
	v.ForEach(func(_, e gjson.Result) bool {
		if !keep(e) {
			p.Note(translate.IncompleteEntry)
			return true
		}
		if !first {
			p.Raw(",")
		}
		first = false
		write(p, e)
		return true
	})
	p.Raw("]")
}
