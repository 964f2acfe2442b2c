package openapi

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// published is an operation as testdata/operations.json has it.
type published struct {
	Operation api.Operation
	Method    string
	Path      string
	Samples   []struct {
		Source     string
		Parameters []struct {
			Name     string
			Required bool
		}
		Request  json.RawMessage
		Response json.RawMessage
	}
}

func mustLoad(tb testing.TB) *Contract {
	tb.Helper()
	c, err := Load()
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func mustPublished(tb testing.TB) []published {
	tb.Helper()
	text, err := os.ReadFile("../testdata/operations.json")
	if err != nil {
		tb.Fatal(err)
	}
	var operations []published
	if err := json.Unmarshal(text, &operations); err != nil {
		tb.Fatal(err)
	}
	return operations
}

func TestLoad(t *testing.T) {
	c := mustLoad(t)
	loader := openapi3.NewLoader()
	fromYAML, err := loader.LoadFromData(source)
	if err != nil {
		t.Fatal(err)
	}
	if err := fromYAML.Validate(loader.Context); err != nil {
		t.Error(err)
	}
	if fromYAML.OpenAPI != "3.0.3" {
		t.Errorf("openapi %s; want 3.0.3, since 3.1 is validated 30 times slower", fromYAML.OpenAPI)
	}

	// What is served is what the YAML says.
	want, err := json.Marshal(fromYAML)
	if err != nil {
		t.Fatal(err)
	}
	fromJSON, err := openapi3.NewLoader().LoadFromData(c.JSON())
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(fromJSON)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
	if err := WellFormed(c.JSON()); err != nil {
		t.Errorf("the contract names a key twice, or worse: %v", err)
	}
}

func TestParse_Err(t *testing.T) {
	for name, yaml := range map[string]string{
		"ErrNotYAML":       "a: [",
		"ErrAlias":         "a: &x 1\nb: *x\n",
		"ErrNotOpenAPI":    "openapi: 3.0.3\n",
		"ErrUnknownScope":  strings.Replace(string(source), "x-scope: read", "x-scope: reed", 1),
		"ErrSameOperation": strings.Replace(string(source), "operationId: getLink\n", "operationId: getAccount\n", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse([]byte(yaml)); err == nil {
				t.Error("parse() = nil; want an error")
			}
		})
	}
}

// TestOperations compares the contract with what the two sites publish.
func TestOperations(t *testing.T) {
	c := mustLoad(t)
	ours := map[api.Operation]bool{api.GetCapabilities: true, api.GetHealth: true}
	var want, got []api.Operation
	for _, p := range mustPublished(t) {
		want = append(want, p.Operation)
		op := c.Operation(p.Operation)
		if op == nil {
			t.Errorf("%s is missing", p.Operation)
			continue
		}
		path := regexp.MustCompile(`\{(\w+)\}`).ReplaceAllString(op.Path, ":$1")
		if op.Method != p.Method || path != p.Path {
			t.Errorf("%s is %s %s; want %s %s", p.Operation, op.Method, path, p.Method, p.Path)
		}
		var query, fields []string
		for _, s := range p.Samples {
			for _, parameter := range s.Parameters {
				switch {
				case strings.HasPrefix(parameter.Name, ":"):
				case op.Body == JSONBody:
					fields = append(fields, parameter.Name)
				default:
					query = append(query, parameter.Name)
				}
			}
			if op.Body == JSONBody {
				gjson.ParseBytes(s.Request).ForEach(func(key, _ gjson.Result) bool {
					fields = append(fields, key.Str)
					return true
				})
			}
		}
		compareNames(t, string(p.Operation)+" query", op.Query, query)
		if p.Operation != api.UpdateLink { // Takes what createLink takes.
			compareNames(t, string(p.Operation)+" fields", op.Fields, fields)
		}
	}
	for _, op := range c.Operations() {
		if !ours[op.ID] {
			got = append(got, op.ID)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if c.Operation("eatLink") != nil {
		t.Error(`Operation("eatLink") is not nil`)
	}
}

// compareNames compares names regardless of order and repetition.
func compareNames(t *testing.T, what string, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if diff := cmp.Diff(slices.Compact(want), slices.Compact(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestOperation_Scope(t *testing.T) {
	for _, op := range mustLoad(t).Operations() {
		want := api.ScopeRead
		switch path := op.Path; {
		case op.ID == api.GetHealth:
			want = 0
		case op.ID == api.UpdateAccount:
			want = api.ScopeAdmin
		case strings.HasSuffix(path, "/add"), op.ID == api.UploadFile:
			want = api.ScopeCreate
		case op.Method != "GET":
			want = api.ScopeWrite
		}
		if op.Scope != want {
			t.Errorf("%s has scope %q; want %q", op.ID, op.Scope, want)
		}
	}
}

func TestOperation_Fields(t *testing.T) {
	c := mustLoad(t)
	want := []string{
		"url", "custom", "type", "password", "domain", "expiry", "geotarget", "devicetarget", "languagetarget", "metatitle",
		"metadescription", "metaimage", "description", "pixels", "channel", "campaign", "deeplink", "status", "parameters",
	}
	for _, id := range []api.Operation{api.CreateLink, api.UpdateLink} {
		if diff := cmp.Diff(want, c.Operation(id).Fields); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	if got := c.Operation(api.UploadFile).Body; got != FileBody {
		t.Errorf("uploadFile has body %d; want FileBody", got)
	}
}

// TestRequestSchemas holds rules that all documents keep to: what is left open
// in one of them is what a client can break the server with.
func TestRequestSchemas(t *testing.T) {
	for _, op := range mustLoad(t).Operations() {
		for _, p := range op.query {
			checkRequestSchema(t, string(op.ID)+"?"+p.name, p.schema)
		}
		if op.document != nil {
			if has := op.document.AdditionalProperties.Has; has == nil || *has {
				t.Errorf("%s takes unknown fields", op.ID)
			}
			checkRequestSchema(t, string(op.ID), op.document)
		}
	}
}

func checkRequestSchema(t *testing.T, at string, s *openapi3.Schema) {
	t.Helper()
	for _, branch := range slices.Concat(s.OneOf, s.AnyOf) {
		checkRequestSchema(t, at+"|", branch.Value)
	}
	for name, property := range s.Properties {
		checkRequestSchema(t, at+"."+name, property.Value)
	}
	switch {
	case s.Type.Is("string"):
		if s.MaxLength == nil && s.Enum == nil {
			t.Errorf("%s has no maxLength", at)
		}
		if s.Pattern != "" && message(s, "pattern", "") == "" {
			t.Errorf("%s has a pattern without a message", at)
		}
	case s.Type.Is("integer"):
		// A float64 tells no larger integers apart.
		if s.Min == nil || s.Max == nil || *s.Max > 1<<53-1 {
			t.Errorf("%s has no bounds that float64 keeps", at)
		}
	case s.Type.Is("array"):
		if s.MaxItems == nil {
			t.Errorf("%s has no maxItems", at)
		}
		checkRequestSchema(t, at+"[]", s.Items.Value)
	case s.Type.Is("object"):
		if has := s.AdditionalProperties.Has; (has == nil || *has) && s.MaxProps == nil {
			t.Errorf("%s takes any number of fields", at)
		}
		if extra := s.AdditionalProperties.Schema; extra != nil {
			checkRequestSchema(t, at+".*", extra.Value)
		}
	}
}
