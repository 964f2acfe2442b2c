package dglnk

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// order is a link to be made.
type order struct {
	document []byte // what the client asks for
	body     []byte // what the site is sent
	rules    []rule // those in body
	campaign int64  // 0 for none
	warnings []api.FieldError
}

// order makes the call's document ready to be sent. What it has to ask the site,
// the campaign by check, comes after what it can refuse by itself.
func (b *version3) order(ctx context.Context, call *api.Call, check func(campaign int64) error) (*order, error) {
	body, warnings, err := b.apply(api.CreateLink, call.Document)
	if err != nil {
		return nil, err
	}
	root := gjson.ParseBytes(call.Document)
	o := &order{
		document: call.Document,
		body:     body,
		rules:    newRules(root),
		campaign: translate.Member(root, "campaign").Int(),
		warnings: append(warnings, widened(root, b.cfg.Name)...),
	}
	parameters := translate.Member(root, "parameters")
	add(o.rules, parameters, false)
	edit := editor{document: o.body}
	edit.set("long_url", withParameters(translate.Member(root, "url").String(), parameters, false))
	if len(o.rules) > 0 {
		edit.raw("rules", rulesArray(o.rules))
	}
	b.settle(&edit, call)
	if err := b.setDomain(ctx, call, &edit); err != nil {
		return nil, err
	}
	if o.campaign > 0 {
		if err := check(o.campaign); err != nil {
			return nil, err
		}
	}
	o.body = edit.document
	return o, edit.err
}

// settle puts in what one row of a table does not know enough for.
func (b *version3) settle(edit *editor, call *api.Call) {
	// Newer sites have another name for it, and each drops the one that it does
	// not know.
	if name := edit.get("name"); name.Exists() {
		edit.raw("title", name.Raw)
	}
	if disabled := edit.get("disabled"); disabled.Exists() {
		edit.set("active", !disabled.Bool())
	}
	if id, ok := strings.CutPrefix(edit.get("type").String(), overlay); ok {
		edit.set("type", "overlay")
		edit.raw("type_id", id)
	}
	if call.Tags != nil {
		edit.set("tags", call.Tags)
	}
}

// setDomain puts in the number of the domain. The site's own host needs none.
func (b *version3) setDomain(ctx context.Context, call *api.Call, edit *editor) error {
	domain := edit.get("domain_id")
	if domain.Type != gjson.String {
		return nil
	}
	id, found, err := b.domainID(ctx, call, domain.Str)
	switch {
	case err != nil:
		return err
	case found:
		edit.set("domain_id", id)
	case call.Operation == api.UpdateLink:
		edit.raw("domain_id", "null")
	default:
		edit.remove("domain_id")
	}
	return nil
}

// add adds parameters to where new rules lead, and to where those of the site
// lead that a client knows of.
func add(rules []rule, parameters gjson.Result, replace bool) {
	if len(parameters.Array()) == 0 {
		return
	}
	for i, r := range rules {
		if !r.takesParameters() {
			continue
		}
		rules[i].value = withParameters(r.value, parameters, replace && r.raw != "")
		if r.raw != "" {
			if raw, err := sjson.Set(r.raw, "value", rules[i].value); err == nil {
				rules[i].raw = raw
			}
		}
	}
}

// withParameters adds parameters to the query of a destination. What it has
// already stays as it is written, or goes where it is to be replaced by one of
// the same name.
func withParameters(destination string, parameters gjson.Result, replace bool) string {
	var names, added []string
	each(parameters, func(_ string, p gjson.Result) {
		names = append(names, text(p, "name"))
		added = append(added, url.QueryEscape(text(p, "name"))+"="+url.QueryEscape(text(p, "value")))
	})
	if len(added) == 0 {
		return destination
	}
	rest, fragment, hasFragment := strings.Cut(destination, "#")
	path, query, _ := strings.Cut(rest, "?")
	var parts []string
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if part != "" && (!replace || !slices.Contains(names, name)) {
			parts = append(parts, part)
		}
	}
	destination = path + "?" + strings.Join(append(parts, added...), "&")
	if hasFragment {
		destination += "#" + fragment
	}
	return destination
}

// editor changes members of a body. Names are constants of ours.
type editor struct {
	document []byte
	err      error
}

func (e *editor) get(name string) gjson.Result {
	return translate.Member(gjson.ParseBytes(e.document), name)
}

func (e *editor) set(name string, value any) {
	e.keep(sjson.SetBytes(e.document, name, value))
}

func (e *editor) raw(name, value string) {
	e.keep(sjson.SetRawBytes(e.document, name, []byte(value)))
}

func (e *editor) remove(name string) {
	e.keep(sjson.DeleteBytes(e.document, name))
}

func (e *editor) keep(document []byte, err error) {
	if err != nil {
		if e.err == nil {
			e.err = fmt.Errorf("editing a body: %w", err)
		}
		return
	}
	e.document = document
}
