package native_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
)

// TestEveryKeyIsDocumented makes sure that the contract names every key that the
// backend answers.
func TestEveryKeyIsDocumented(t *testing.T) {
	s := newSite(t)
	replies := s.furnishAll()
	s.statistics.orphans = []clicks.Orphan{{Domain: "go.example.com"}}
	s.statistics.series = clicks.Series{
		Buckets: []clicks.Bucket{{Start: s.now}},
		Values:  map[string][]clicks.ValueSeries{"social": {{Named: clicks.Named{Name: "x", Clicks: 1}, Days: []int64{1}}}},
	}
	for op, in := range map[api.Operation]in{
		api.CreateLinks:       bulk(`{"url":"https://google.com"}`),
		api.GetCampaign:       {id: 1},
		api.GetDomain:         {id: 1},
		api.GetPixel:          {id: 1},
		api.GetLinkStatistics: {id: 1},
		api.ListOrphanVisits:  {},
	} {
		replies[op] = s.do(op, in)
	}
	for _, c := range sampleCalls {
		replies[c.op] = s.do(c.op, c.in)
	}
	s.do(api.CreateLink, in{body: `{"url":"https://google.com","custom":"abc"}`})
	contract := gjson.ParseBytes(s.contract.JSON())
	for op, reply := range replies {
		schema := contract.Get(`paths.@values.#.@values|@flatten|#(operationId=="` + string(op) + `").responses.200.content.application/json.schema`)
		if !schema.Exists() {
			t.Errorf("%s has no schema", op)
		}
		s.documented(contract, string(op), []gjson.Result{schema}, reply)
		if op == api.ListLinks {
			s.documented(contract, string(op), []gjson.Result{schema}, s.do(op, in{query: "short=abc"}))
		}
	}
}

// documented looks for keys of a value that none of its schemas names.
func (s *site) documented(contract gjson.Result, path string, schemas []gjson.Result, value gjson.Result) {
	s.t.Helper()
	for i := 0; i < len(schemas); i++ {
		if ref := schemas[i].Get("$ref").Str; ref != "" {
			schemas = append(schemas, contract.Get("components.schemas."+ref[strings.LastIndexByte(ref, '/')+1:]))
		}
		schemas = append(schemas, append(schemas[i].Get("oneOf").Array(), schemas[i].Get("anyOf").Array()...)...)
	}
	if !value.IsObject() && !value.IsArray() {
		return
	}
	value.ForEach(func(key, member gjson.Result) bool {
		at, field := path+"."+key.Str, "properties."+gjson.Escape(key.Str)
		if value.IsArray() {
			at, field = path, "items"
		}
		var next []gjson.Result
		anything := false
		for _, schema := range schemas {
			for _, name := range []string{field, "additionalProperties"} {
				if found := schema.Get(name); found.Exists() {
					next = append(next, found)
				}
			}
			// What names no field, such as a rule, is described elsewhere.
			anything = anything || schema.Get("type").Str == "object" && !schema.Get("properties").Exists()
		}
		if len(next) > 0 {
			s.documented(contract, at, next, member)
		} else if !anything {
			s.t.Errorf("%s is not documented", at)
		}
		return true
	})
}
