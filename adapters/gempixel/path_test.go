package gempixel

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
)

var segment = map[string]*regexp.Regexp{
	"{id}":   regexp.MustCompile(`^[0-9]+$`),
	"{item}": regexp.MustCompile(`^[0-9]+$`),
	"{type}": regexp.MustCompile(`^(links|bio|qr)$`),
	"{file}": regexp.MustCompile(`^[A-Za-z0-9._~$&+=:@%-]+$`),
}

// No text of a client gets out of its segment of a path.
func TestExpand(t *testing.T) {
	templates := slices.Sorted(maps.Values(paths()))
	rapid.Check(t, func(t *rapid.T) {
		template := rapid.SampledFrom(templates).Draw(t, "template")
		path := api.Path{
			ID:       rapid.Int64().Draw(t, "id"),
			ItemID:   rapid.Int64().Draw(t, "item"),
			ItemType: rapid.OneOf(rapid.Just("links"), rapid.Just("../1"), rapid.String()).Draw(t, "type"),
			Filename: rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"..", ".", "%2e%2e", "../a", "a/../b", "a?b#c", "a\r\nHost: x", ""})).Draw(t, "file"),
		}
		got, err := expand(template, path)
		if err != nil {
			return
		}
		want, parts := split(template), split(got)
		if len(want) != len(parts) {
			t.Fatalf("expand(%q, %+v) = %q", template, path, got)
		}
		for i := range want {
			pattern, ok := segment[want[i]]
			if !ok && parts[i] != want[i] || ok && !pattern.MatchString(parts[i]) {
				t.Fatalf("expand(%q, %+v) = %q", template, path, got)
			}
			if want[i] == "{file}" {
				if name, err := url.PathUnescape(parts[i]); err != nil || name != path.Filename {
					t.Fatalf("the name %q arrives as %q, %v", path.Filename, name, err)
				}
			}
		}
	})
}

func paths() map[api.Operation]string {
	all := map[api.Operation]string{}
	for id, op := range operations {
		all[id] = op.path
	}
	return all
}

func split(path string) []string { return regexp.MustCompile("/").Split(path, -1) }

func TestNew_NoKey(t *testing.T) {
	client, err := upstream.New(upstream.Config{BaseURL: "https://short.example"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{}, client); err == nil {
		t.Error("New without a key = nil; want an error")
	}
	if _, err := New(Config{Forward: true}, client); err != nil {
		t.Errorf("New with forwarded keys = %v", err)
	}
}

func TestOperations(t *testing.T) {
	if len(operations) != 35 {
		t.Errorf("%d operations; want 35", len(operations))
	}
}
