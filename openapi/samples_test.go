package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/linkquay/linkquay/api"
)

// TestSamples runs the published samples through the contract, with what the
// dialect puts right put right.
func TestSamples(t *testing.T) {
	c := mustLoad(t)
	for _, p := range mustPublished(t) {
		op := c.Operation(p.Operation)
		for _, s := range p.Samples {
			t.Run(fmt.Sprintf("%s/%s", p.Operation, s.Source), func(t *testing.T) {
				if op.Body == JSONBody {
					request := withoutIncompleteParameters(t, s.Request)
					if err := WellFormed(request); err != nil {
						t.Error(err)
					}
					if err := op.Validate(&api.Call{Operation: op.ID, Document: request}); err != nil {
						t.Error(err)
					}
				}
				reply := bytes.Replace(s.Response, []byte(`"error": "0"`), []byte(`"error": 0`), 1)
				if err := op.ValidateReply(200, reply); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func withoutIncompleteParameters(t *testing.T, request []byte) []byte {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal(request, &document); err != nil {
		t.Fatal(err)
	}
	if entries, ok := document["parameters"].([]any); ok {
		kept := []any{}
		for _, entry := range entries {
			if e := entry.(map[string]any); e["name"] != nil && e["value"] != nil {
				kept = append(kept, entry)
			}
		}
		document["parameters"] = kept
	}
	out, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// createLinkSample is the published sample of createLink.
func createLinkSample(tb testing.TB) []byte {
	tb.Helper()
	for _, p := range mustPublished(tb) {
		if p.Operation == api.CreateLink {
			var b bytes.Buffer
			if err := json.Compact(&b, p.Samples[0].Request); err != nil {
				tb.Fatal(err)
			}
			return bytes.Replace(b.Bytes(), []byte(`,{"device":"gtm_source","link":"api"}`), nil, 1)
		}
	}
	tb.Fatal("no sample of createLink")
	return nil
}

func BenchmarkOperation_Validate(b *testing.B) {
	op := mustLoad(b).Operation(api.CreateLink)
	short := []byte(`{"url":"https://example.com/a/long/path?with=a&few=parameters","custom":"spring-sale"}`)
	for name, document := range map[string][]byte{"sample": createLinkSample(b), "short": short} {
		b.Run(name, func(b *testing.B) {
			call := &api.Call{Operation: op.ID, Document: document}
			b.ReportAllocs()
			b.SetBytes(int64(len(document)))
			for b.Loop() {
				if err := op.Validate(call); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkWellFormed(b *testing.B) {
	document := createLinkSample(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(document)))
	for b.Loop() {
		if err := WellFormed(document); err != nil {
			b.Fatal(err)
		}
	}
}
