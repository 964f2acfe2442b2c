package gempixel

import (
	"os"
	"testing"

	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
)

// BenchmarkReader measures what a reply costs between the client and the
// gateway.
func BenchmarkReader(b *testing.B) {
	a := &Adapter{cfg: Config{Name: "kr"}}
	for _, c := range []struct {
		op   api.Operation
		file string
	}{
		{api.CreateLink, "createLink"},
		{api.GetLink, "getLink"},
		{api.ListLinks, "listLinks"},
	} {
		document, err := os.ReadFile("../../testdata/upstream/gempixel/" + c.file + ".json")
		if err != nil {
			b.Fatal(err)
		}
		resp := &upstream.Response{Status: 200, Document: document}
		b.Run(string(c.op), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.newReader(operations[c.op], &api.Call{Operation: c.op}, resp).read(resp, false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
