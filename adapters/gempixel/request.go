package gempixel

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// document translates the call's document.
func (a *Adapter) document(ctx context.Context, call *api.Call) ([]byte, []api.FieldError, error) {
	table := a.tables[call.Operation]
	if table == nil {
		return nil, nil, nil
	}
	outcome, err := table.Apply(nil, call.Document)
	if err != nil {
		return nil, nil, err
	}
	kept, losses := a.kept(operations[call.Operation], outcome.Losses)
	warnings, err := adapters.Losses(a.cfg.Unsupported, a.cfg.Name, losses)
	if err != nil {
		return nil, nil, err
	}
	warnings = append(warnings, kept...)
	body := outcome.Document
	// The script refuses an update that does not repeat the destination.
	if call.Operation == api.UpdateLink && !gjson.GetBytes(body, "url").Exists() {
		destination, err := a.destination(ctx, call)
		if err != nil {
			return nil, nil, err
		}
		if body, err = sjson.SetBytes(body, "url", destination); err != nil {
			return nil, nil, fmt.Errorf("adding the destination: %w", err)
		}
	}
	return body, warnings, nil
}

// kept takes from the losses those of values that would take something away. The
// script keeps what was there, and its clients send empty values for what they
// do not mean to change: so that is said, whatever the policy, and not refused.
func (a *Adapter) kept(op operation, losses []translate.Loss) (kept []api.FieldError, others []translate.Loss) {
	for _, l := range losses {
		if !slices.Contains(op.sticky, l.Field) {
			others = append(others, l)
			continue
		}
		kept = append(kept, api.FieldError{
			Field: l.Field, Message: fmt.Sprintf("is left as it was by the backend %q, which takes an empty value for none", a.cfg.Name),
		})
	}
	return kept, others
}

// destination reads where the call's link leads now.
func (a *Adapter) destination(ctx context.Context, call *api.Call) (string, error) {
	op := operations[api.GetLink]
	path, err := expand(op.path, call.Path)
	if err != nil {
		return "", err
	}
	resp, err := a.send(ctx, call, &upstream.Request{Method: op.method, Path: path, Fresh: true})
	if err != nil {
		return "", err
	}
	r := a.newReader(op, call, resp)
	if err := r.failure(resp); err != nil {
		return "", err
	}
	longURL := gjson.GetBytes(resp.Document, "details.longurl")
	if longURL.Type != gjson.String || longURL.Str == "" {
		return "", r.unexpected("details.longurl", longURL)
	}
	return longURL.Str, nil
}

// query passes on the parameters that the operation names. Others are refused,
// or warned of.
func (a *Adapter) query(op operation, sent url.Values) (query url.Values, warnings []api.FieldError, err error) {
	if slices.Contains(op.query, "short") && sent.Get("short") != "" {
		return url.Values{"short": {sent.Get("short")}}, nil, nil
	}
	if warnings, err = adapters.Losses(a.cfg.Unsupported, a.cfg.Name, adapters.LostQuery(sent, op.query...)); err != nil {
		return nil, nil, err
	}
	for _, name := range op.query {
		value := sent.Get(name)
		if value == "" {
			continue
		}
		if name == "expiry" {
			t, err := translate.ParseDateTime(value, a.cfg.Zone)
			if err != nil {
				return nil, nil, api.InvalidField(name, err.Error())
			}
			value = t.In(a.cfg.RemoteZone).Format(translate.DateTimeLayout)
		}
		if query == nil {
			query = url.Values{}
		}
		query.Set(name, value)
	}
	return query, warnings, nil
}
