package dglnk

import (
	"context"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// updateLink reads a link, puts in what the document changes, and writes all of
// it back: the site breaks on a write without a destination, and may take what
// is missing for what is to be cleared. A change that is made between the two past
// this process is lost; the site has nothing to prevent that by.
func (b *version3) updateLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	body, warnings, err := b.apply(api.UpdateLink, call.Document)
	if err != nil {
		return nil, err
	}
	document := gjson.ParseBytes(call.Document)
	warnings = append(warnings, widened(document, b.cfg.Name)...)
	edit := editor{document: body}
	b.settle(&edit, call)
	if err := b.setDomain(ctx, call, &edit); err != nil {
		return nil, err
	}
	campaign := translate.Member(document, "campaign")
	if campaign.Int() > 0 {
		if err := b.checkCampaign(ctx, call, campaign.Int()); err != nil {
			return nil, err
		}
	}
	end, err := b.turns.take(ctx, linkPath(call.Path.ID))
	if err != nil {
		return nil, err
	}
	defer end()
	l, _, err := b.fetch(ctx, call, call.Path.ID, true)
	if err != nil {
		return nil, err
	}
	kept, err := adapters.Losses(b.cfg.Unsupported, b.cfg.Name, uncleared(l, &edit, document))
	if err != nil {
		return nil, err
	}
	warnings = append(warnings, kept...)
	rules, err := b.changedRules(call, l, document)
	if err != nil {
		return nil, err
	}
	merged, err := b.merge(l, &edit, document, rules)
	if err != nil {
		return nil, err
	}
	updated := l
	if merged != nil {
		if updated, err = b.write(ctx, call, merged, rules); err != nil {
			return nil, err
		}
		if rules == nil {
			// The write repeated those that there are.
			rules, _ = readRules(l.Result)
		}
		warnings = append(warnings, b.dropped(expected(l, merged), updated, rules)...)
	}
	if campaign.Exists() {
		warnings = append(warnings, b.move(context.WithoutCancel(ctx), call, l, campaign.Int())...)
	}
	return saved(updated, warnings), nil
}

// uncleared is what a document takes off a link without that the site tells what
// it is: which group stands for the campaign, and which parts of a query once were
// parameters.
func uncleared(l remoteLink, changes *editor, document gjson.Result) []translate.Loss {
	var lost []translate.Loss
	campaign := translate.Member(document, "campaign")
	if _, told := l.groups(); campaign.Exists() && campaign.Int() == 0 && !told {
		lost = append(lost, translate.Loss{Field: "campaign", Value: "0"})
	}
	parameters := translate.Member(document, "parameters")
	if !parameters.IsArray() || len(parameters.Array()) > 0 {
		return lost
	}
	query := !changes.get("long_url").Exists() && strings.Contains(l.longURL, "?")
	rules, _ := readRules(l.Result)
	for _, r := range rules {
		query = query || r.takesParameters() && !translate.Member(document, member[r.class()]).Exists() && strings.Contains(r.value, "?")
	}
	if query {
		lost = append(lost, translate.Loss{Field: "parameters", Value: "[]"})
	}
	return lost
}

// expected is what a link must have after a write: what was written, and the
// password, which stays without being repeated.
func expected(l remoteLink, written []byte) []byte {
	e := editor{document: written}
	if translate.Member(l.Result, "has_password").Bool() && !e.get("password").Exists() {
		e.set("has_password", true)
	}
	return e.document
}

// changedRules are the rules after an update, nil where it does not touch them.
func (b *version3) changedRules(call *api.Call, l remoteLink, document gjson.Result) ([]rule, error) {
	parameters := translate.Member(document, "parameters")
	touched := len(parameters.Array()) > 0
	for c := byApp; c < classes; c++ {
		touched = touched || translate.Member(document, member[c]).Exists()
	}
	if !touched {
		return nil, nil
	}
	stored, ok := readRules(l.Result)
	if !ok {
		// A write replaces all rules, so those that are not known would be lost.
		b.cfg.Drift.Note(call.Operation, "link.rules", drift.Missing)
		return nil, b.unexpected(call, "link.rules")
	}
	rules := mergeRules(stored, document)
	add(rules, parameters, true)
	return rules, nil
}

// merge puts the changes into what the link has. Nil means that there are none.
func (b *version3) merge(l remoteLink, changes *editor, document gjson.Result, rules []rule) ([]byte, error) {
	parameters := translate.Member(document, "parameters")
	if len(parameters.Array()) > 0 {
		destination, replace := l.longURL, true
		if sent := changes.get("long_url"); sent.Exists() {
			destination, replace = sent.String(), false
		}
		changes.set("long_url", withParameters(destination, parameters, replace))
	}
	if rules != nil {
		changes.raw("rules", rulesArray(rules))
	}
	if changes.err != nil || string(changes.document) == "{}" {
		return nil, changes.err
	}
	whole := b.kept(l)
	gjson.ParseBytes(changes.document).ForEach(func(key, v gjson.Result) bool {
		whole.raw(key.Str, v.Raw)
		return true
	})
	if kind := changes.get("type"); kind.Exists() && kind.String() != "overlay" {
		whole.remove("type_id")
	}
	return whole.document, whole.err
}

// kept is what a write must repeat of a link so as not to change it. The
// password, which nobody is told, stays if it is not sent.
func (b *version3) kept(l remoteLink) editor {
	e := editor{document: []byte("{}")}
	e.set("long_url", l.longURL)
	for _, name := range []string{"alias", "type", "description", "image", "utm", "expires_at"} {
		if v := translate.Member(l.Result, name); v.Type != gjson.Null && v.Raw != `""` {
			e.raw(name, v.Raw)
		}
	}
	if name := either(l.Result, "name", "title"); name.Type == gjson.String {
		e.raw("name", name.Raw)
		e.raw("title", name.Raw)
	}
	if t := b.time(translate.Member(l.Result, "expires_at")); !t.IsZero() {
		e.set("expires_at", t.In(b.cfg.RemoteZone).Format(translate.DateTimeLayout))
	}
	for _, name := range []string{"domain_id", "type_id"} {
		if n, ok := number(translate.Member(l.Result, name)); ok {
			e.set(name, n)
		}
	}
	if active, ok := isActive(l.Result); ok {
		e.set("active", active)
		e.set("disabled", !active)
	}
	if ids := idsOf(translate.Member(l.Result, "pixels")); len(ids) > 0 {
		e.set("pixels", ids)
	}
	if names := namesOf(translate.Member(l.Result, "tags")); len(names) > 0 {
		e.set("tags", names)
	}
	if rules := translate.Member(l.Result, "rules"); len(rules.Array()) > 0 {
		e.raw("rules", rules.Raw)
	}
	return e
}

// write sends an update.
func (b *version3) write(ctx context.Context, call *api.Call, body []byte, rules []rule) (remoteLink, error) {
	got, err := b.send(ctx, call, exchange{
		Request: upstream.Request{Method: http.MethodPut, Path: linkPath(call.Path.ID), Body: body},
		shape:   linkShape,
		missing: adapters.LinkNotFound,
		field:   linkField(call.Document, rules),
	})
	if err != nil {
		return remoteLink{}, err
	}
	l, ok := readLink(translate.Member(got.root, "link"))
	if !ok || l.id != call.Path.ID {
		return remoteLink{}, b.unexpected(call, "link")
	}
	return l, nil
}
