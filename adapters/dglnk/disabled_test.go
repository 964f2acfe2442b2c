package dglnk

import (
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/dglnk"
)

// Version 1 makes links that nobody can visit, and says so where that is not
// what was asked for.
func TestAdapter_Disabled(t *testing.T) {
	main := &api.Key{Account: api.MainAccount}
	for name, c := range map[string]struct {
		disabled string
		fault    *simulate.Fault
		warned   string
	}{
		"asked for":     {disabled: "true"},
		"not asked for": {disabled: "false"},
		"dropped": {
			"true", &simulate.Fault{Kind: simulate.Status, Status: 200, Body: `{"status":"success","link":{"id":7,"hash":"abcde",
				"short_url":"https://s.example/abcde","long_url":"https://example.com/","has_password":false,"disabled":false}}`}, "disabled",
		},
		"unasked": {
			"false", &simulate.Fault{Kind: simulate.Status, Status: 200, Body: `{"status":"success","link":{"id":7,"hash":"abcde",
				"short_url":"https://s.example/abcde","long_url":"https://example.com/","has_password":false,"disabled":true}}`}, "url",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := simulation(t, sites.Options{}, Config{})
			// The random alias is dropped by these answers, and nobody asked for it.
			if c.fault != nil {
				s.mustFail(t, *c.fault)
			}
			call := &api.Call{Operation: api.CreateLink, Document: []byte(`{"url":"https://example.com/","disabled":` + c.disabled + `}`), Key: main}
			reply, err := s.Do(t.Context(), call)
			if err != nil {
				t.Fatal(err)
			}
			var warned string
			for _, w := range reply.Warnings {
				warned += w.Field
			}
			if warned != c.warned {
				t.Errorf("warned of %q; want %q", warned, c.warned)
			}
			if c.fault != nil {
				return
			}
			if is, want := s.site.Links()[0].Disabled, c.disabled == "true"; is != want {
				t.Errorf("the site's link is disabled: %t; want %t", is, want)
			}
			got, err := s.Do(t.Context(), &api.Call{Operation: api.GetLink, Path: api.Path{ID: gjson.GetBytes(reply.Document, "id").Int()}, Key: main})
			if err != nil || gjson.GetBytes(got.Document, "details.disabled").Raw != c.disabled {
				t.Errorf("the details are %+v, %v", got, err)
			}
		})
	}
}
