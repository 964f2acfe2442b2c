package gempixel

import (
	"context"
	"fmt"
	"net/http"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
)

const (
	hintKey       = "The site does not accept the API key, or leads elsewhere: to a login, or to another address."
	hintForbidden = "The site knows the API key and does not let it use the API: its plan or role lacks that."
	hintOld       = "The site speaks an older generation of this API, which is not supported: its script must be updated."
	hintElse      = "Nothing at this address speaks this API."
)

// Probe implements adapters.Prober. The account is a read that every site of
// this generation has. Where it is unknown, the address itself tells the older
// ones: without parameters they do nothing but say so, in words of their own.
func (a *Adapter) Probe(ctx context.Context) (*adapters.Finding, error) {
	if !a.client.HasKey() {
		return nil, api.Errorf(api.Unauthorized, "The backend %q has no API key of its own to probe with.", a.cfg.Name)
	}
	f := &adapters.Finding{Hint: hintElse}
	reply, status, err := a.look(ctx, f, operations[api.GetAccount].path)
	if err != nil {
		return nil, err
	}
	m := members(reply, "error", "message", "data")
	switch {
	case status == http.StatusUnauthorized:
		f.Hint = hintKey
		return f, nil
	case status < 300 && m[0].Exists() && succeeded(m[0]) && members(m[2], "email")[0].Exists():
		f.API, f.Fits, f.Hint = "gempixel 3", true, ""
		return f, nil
	case status != http.StatusNotFound && m[0].Exists() && m[1].Exists():
		f.API, f.Hint = "gempixel 3", hintForbidden
		if status < http.StatusForbidden {
			f.Hint = hintKey
		}
		return f, nil
	}
	reply, status, err = a.look(ctx, f, "/api")
	if err != nil {
		return nil, err
	}
	m = members(reply, "error", "msg", "message")
	switch {
	case status == http.StatusUnauthorized:
		f.Hint = hintKey
	case m[0].Exists() && m[1].Exists() && !m[2].Exists():
		f.API, f.Hint = "gempixel 1 or 2", hintOld
	}
	return f, nil
}

// look reads a path, and returns what came as JSON. An error means that the site
// cannot be reached, or has enough of us.
func (a *Adapter) look(ctx context.Context, f *adapters.Finding, path string) (reply gjson.Result, status int, err error) {
	resp, err := a.client.Do(ctx, &upstream.Request{Method: http.MethodGet, Path: path, Fresh: true})
	if err == nil {
		f.Tried = append(f.Tried, fmt.Sprintf("GET %s: %d", path, resp.Status))
		return gjson.ParseBytes(resp.Document), resp.Status, nil
	}
	code := api.AsError(err).Code
	f.Tried = append(f.Tried, fmt.Sprintf("GET %s: %s", path, code))
	switch {
	case code == api.Unauthorized:
		return reply, http.StatusUnauthorized, nil
	case code == api.Forbidden, code == api.NotFound, upstream.NotJSON(err):
		return reply, http.StatusNotFound, nil
	}
	return reply, 0, err
}
