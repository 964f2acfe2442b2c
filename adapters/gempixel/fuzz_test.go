package gempixel

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
)

// Whatever JSON a site answers to whatever was asked, what comes of it is JSON
// or an error.
func FuzzReader(f *testing.F) {
	files, err := filepath.Glob("../../testdata/upstream/gempixel/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("no recorded replies: %v", err)
	}
	for _, file := range files {
		reply, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(reply)
	}
	f.Add([]byte(`{"error":0,"data":{},"data":[],"list":{},"id":1,"id":2}`))
	client, err := upstream.New(upstream.Config{BaseURL: "https://short.example", Key: "key-of-the-site"})
	if err != nil {
		f.Fatal(err)
	}
	a, err := New(Config{Name: "kr", Zone: time.UTC, RemoteZone: time.FixedZone("KST", 9*3600)}, client)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, reply []byte) {
		if !gjson.ValidBytes(reply) {
			return
		}
		for id, op := range operations {
			for _, short := range []bool{false, true} {
				if short && id != api.ListLinks {
					continue
				}
				resp := &upstream.Response{Status: 200, Document: reply}
				got, err := a.newReader(op, &api.Call{Operation: id, Path: api.Path{ID: 1}, Key: &api.Key{}}, resp).read(resp, short)
				if err == nil && !gjson.ValidBytes(got) {
					t.Fatalf("%s: %q became %q", id, reply, got)
				}
			}
		}
	})
}
