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
		if op.Ours {
			t.Errorf("%s is marked as Linkquay's own", op.ID)
		}
		compareNames(t, string(p.Operation)+" query", theirs(op, op.Query), query)
		if p.Operation != api.UpdateLink { // Takes what createLink takes.
			compareNames(t, string(p.Operation)+" fields", theirs(op, op.Fields), fields)
		}
	}
	for _, op := range c.Operations() {
		if !op.Ours {
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

// theirs are the names that are not marked as Linkquay's own.
func theirs(op *Operation, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(op.OurNames, name) })
}

// TestOurs holds that what is marked for programs is marked for people, and the
// other way round.
func TestOurs(t *testing.T) {
	const mark, said = "x-linkquay", "Linkquay's own"
	var visit func(at string, v gjson.Result)
	visit = func(at string, v gjson.Result) {
		if !v.IsObject() && !v.IsArray() {
			return
		}
		marked := v.IsObject() && v.Get(mark).Bool()
		if says := v.IsObject() && strings.HasPrefix(v.Get("description").Str, said); says != marked {
			t.Errorf("%s: marked %t, said %t", at, marked, says)
		}
		v.ForEach(func(key, member gjson.Result) bool {
			visit(at+"."+key.String(), member)
			return true
		})
	}
	visit("", gjson.ParseBytes(mustLoad(t).JSON()))

	var ours []api.Operation
	for _, op := range mustLoad(t).Operations() {
		if op.Ours {
			ours = append(ours, op.ID)
		}
	}
	want := []api.Operation{
		api.GetLinkStatistics, api.CreateLinks, api.GetCampaign, api.GetDomain, api.DeleteFile, api.GetPixel,
		api.CreateSplashPage, api.UpdateSplashPage, api.DeleteSplashPage, api.CreateOverlay, api.UpdateOverlay, api.DeleteOverlay,
		api.ListOrphanVisits, api.GetCapabilities, api.GetHealth,
	}
	if diff := cmp.Diff(want, ours); diff != "" {
		t.Error(diff)
	}
}

// TestOperation_Idempotent: all creates, and nothing else, take the header.
func TestOperation_Idempotent(t *testing.T) {
	for _, op := range mustLoad(t).Operations() {
		if want := op.Scope == api.ScopeCreate; op.Idempotent != want {
			t.Errorf("%s takes an Idempotency-Key: %t; want %t", op.ID, op.Idempotent, want)
		}
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
		case op.ID == api.UpdateAccount, op.ID == api.ListOrphanVisits:
			want = api.ScopeAdmin
		case strings.HasSuffix(path, "/add"), op.ID == api.CreateLinks, op.ID == api.UploadFile:
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
		"redirectcode", "clicklimit", "startdate", "expiredurl", "externalid", "forwardquery", "disabled",
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
