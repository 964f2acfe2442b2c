package dglnk

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// reads are the harmless reads by which the versions are told, the newest
// first: each is unknown to every older one.
var reads = []struct {
	version int
	path    string
	query   url.Values
	rows    string // the member that a list has
}{
	{4, "/api/v1/links", url.Values{"per_page": {"1"}}, "data"},
	{3, "/api/v1/link", url.Values{"perPage": {"1"}}, "pagination"},
}

// Probe implements adapters.Prober.
func (a *Adapter) Probe(ctx context.Context) (*adapters.Finding, error) {
	return probe(ctx, a.client, 1)
}

// probe finds out which version the site speaks; configured is the one that it
// is taken for.
func probe(ctx context.Context, client *upstream.Client, configured int) (*adapters.Finding, error) {
	if !client.HasKey() {
		return nil, api.Errorf(api.Unauthorized, "The backend %q has no API key of its own to probe with.", client.Backend())
	}
	f := &adapters.Finding{}
	refused := false
	for _, read := range reads {
		resp, err := client.Do(ctx, &upstream.Request{Method: http.MethodGet, Path: read.path, Query: read.query, Bearer: true, Fresh: true})
		if err != nil {
			code := api.AsError(err).Code
			if code == api.RateLimited || code == api.Unavailable && !upstream.NotJSON(err) {
				return nil, err
			}
			refused = refused || code == api.Unauthorized && !upstream.NotJSON(err)
			f.Tried = append(f.Tried, fmt.Sprintf("GET %s: %s", read.path, code))
			continue
		}
		f.Tried = append(f.Tried, fmt.Sprintf("GET %s: %d", read.path, resp.Status))
		known := translate.Member(gjson.ParseBytes(resp.Document), read.rows).Exists()
		if resp.Status == http.StatusForbidden || resp.Status < 300 && known {
			f.API, f.Fits, f.Hint = verdict(read.version, configured)
			if resp.Status == http.StatusForbidden {
				f.Fits, f.Hint = false, "The site knows the API key and does not let it use the API: its plan or role lacks that."
			}
			return f, nil
		}
	}
	if refused {
		f.Hint = "The site does not accept the API key, or leads to a login."
		return f, nil
	}
	// What version 1 has would create a link.
	f.Tried = append(f.Tried, "POST /api/links/create: not tried; whether version 1 takes the API key shows with the first link")
	f.API, f.Fits, f.Hint = verdict(1, configured)
	return f, nil
}

// verdict says what to make of a site that speaks the version.
func verdict(version, configured int) (name string, fits bool, hint string) {
	name = fmt.Sprintf("dglnk %d", version)
	switch version {
	case configured:
		return name, true, ""
	case 4:
		return name, false, "Version 4 of this API is not supported yet."
	}
	return name, false, fmt.Sprintf("api_version %d", version)
}

var _ adapters.Prober = (*Adapter)(nil)
