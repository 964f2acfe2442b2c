package gempixel

import (
	"os"
	"path/filepath"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

// Whatever JSON a site answers to whatever was asked, what comes of it is valid
// by the contract, or a coded error.
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
	f.Add([]byte(`{"error":0,"data":{},"list":{},"id":1,"warnings":7}`))
	r := newReading(f, time.FixedZone("KST", 9*3600))
	f.Fuzz(func(t *testing.T, reply []byte) {
		// What is left are the client's promises: JSON, text, no deep nesting.
		if !gjson.ValidBytes(reply) || !utf8.Valid(reply) || openapi.WellFormed(reply) != nil {
			return
		}
		for id := range operations {
			r.read(t, id, false, reply)
		}
		r.read(t, api.ListLinks, true, reply)
	})
}
