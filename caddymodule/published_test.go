package caddymodule_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// publishedOperation is an operation as the published pages show it.
type publishedOperation struct {
	Operation string `json:"operation"`
	Method    string `json:"method"`
	Path      string `json:"path"`
	Query     string `json:"query"`
	Samples   []struct {
		Request  json.RawMessage `json:"request"`
		Response json.RawMessage `json:"response"`
	} `json:"samples"`
}

func (o publishedOperation) url() string {
	path := strings.NewReplacer(":campaignid", "1", ":channelid", "1", ":linkid", "2", ":itemid", "2",
		":id", "1", ":type", "links", ":filename", "photo.jpg").Replace(o.Path)
	if o.Query != "" {
		path += "?" + o.Query
	}
	return path
}

// TestPublishedSamples sends every sample of the pages, as they print it, to a
// backend that answers as they print it: all 35 operations, through the front
// door. The harness holds each reply against the contract.
func TestPublishedSamples(t *testing.T) {
	var operations []publishedOperation
	if err := json.Unmarshal(readFile(t, "../testdata/operations.json"), &operations); err != nil {
		t.Fatal(err)
	}
	if len(operations) != 35 {
		t.Fatalf("%d operations; want 35", len(operations))
	}
	var reply []byte
	var seen url.URL
	var method string
	u := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		seen, method = *r.URL, r.Method
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(reply)
	})
	s := nativeSite(t, gempixelOptions(u.URL))
	for _, o := range operations {
		for i, sample := range o.Samples {
			t.Run(o.Operation, func(t *testing.T) {
				s.t = t
				reply = sample.Response
				a := s.do(o.Method, o.url(), gempixelKey, string(sample.Request), "Content-Type", "application/json")
				if a.Status != 200 || a.get("error").Type != gjson.Number || a.get("error").Int() != 0 {
					t.Fatalf("sample %d: %d %s", i, a.Status, a.Body)
				}
				want, _, _ := strings.Cut(o.url(), "?")
				if method != o.Method || seen.Path != want {
					t.Errorf("the backend saw %s %s; want %s %s", method, seen.Path, o.Method, want)
				}
			})
		}
	}
}
