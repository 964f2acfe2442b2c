package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/gateway"
)

func answer(*api.Call) (*api.Reply, error) {
	return &api.Reply{Document: []byte(`{"error":0,"id":1,"shorturl":"https://go.example.com/x","short":"https://go.example.com/x"}`)}, nil
}

// TestTolerance: an operator reads once a day what a client sends wrong, and a
// key may be denied it.
func TestTolerance(t *testing.T) {
	server, logs := serve(t, answer, nil)
	const body = `{"url":"https://example.com/","custom":"","colour":"red"}`
	for range 3 {
		if status, text := ask(t, server, http.MethodPost, "/api/url/add", "good", body); status != http.StatusOK {
			t.Fatalf("%d %s", status, text)
		}
	}
	lines := logs.FilterMessage("put right what a client sends").All()
	if len(lines) != 2 {
		t.Fatalf("%d lines; want one for each of two habits: %v", len(lines), lines)
	}
	got := map[any]any{}
	for _, l := range lines {
		fields := l.ContextMap()
		got[fields["habit"]] = fields["field"]
		if fields["key"] != "k" || fields["dialect"] != "gempixel" || fields["operation"] != "createLink" {
			t.Errorf("the line says %v", fields)
		}
	}
	if got["empty_value"] != "custom" || got["unknown_field"] != "colour" {
		t.Errorf("the habits are %v", got)
	}
}

func TestTolerance_strict(t *testing.T) {
	server, logs := serve(t, answer, func(cfg *gateway.Config) {
		cfg.Keys = keyring{api.Key{ID: "key:k", Name: "k", Account: "main", Backend: "b", Scopes: api.DefaultScopes, Strict: true}}
	})
	status, text := ask(t, server, http.MethodPost, "/api/url/add", "good", `{"url":"https://example.com/","custom":"","`+strings.Repeat("x", 100)+`":1}`)
	if status != http.StatusBadRequest || !strings.Contains(text, `"custom":["is empty"]`) || !strings.Contains(text, `x…":["is not known"]`) {
		t.Errorf("%d %s; want 400 that names both", status, text)
	}
	if status, text := ask(t, server, http.MethodPost, "/api/url/add", "good", `{"url":"https://example.com/"}`); status != http.StatusOK {
		t.Errorf("%d %s; want 200", status, text)
	}
	many := make([]string, 100)
	for i := range many {
		many[i] = fmt.Sprintf(`"habit%d":1`, i)
	}
	_, text = ask(t, server, http.MethodPost, "/api/url/add", "good", "{"+strings.Join(many, ",")+"}")
	if n := strings.Count(text, "is not known"); n != 22 { // message and msg are the first of them
		t.Errorf("the answer to a body of 100 unknown fields names %d of them; want 20", n-2)
	}
	if n := logs.FilterMessage("put right what a client sends").Len(); n != 0 {
		t.Errorf("%d lines say that something was put right", n)
	}
}
