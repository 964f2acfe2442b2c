package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	"github.com/linkquay/linkquay/api"
)

// isGood is what the schema itself says of a document.
func isGood(op *Operation, document []byte) bool {
	fields, err := op.checkDocument(document)
	return err == nil && len(fields) == 0
}

// TestChecker_Whole holds that the checkers know each keyword of the contract.
func TestChecker_Whole(t *testing.T) {
	var visit func(at string, c *checker)
	visit = func(at string, c *checker) {
		if c == nil {
			t.Errorf("%s is not compiled", at)
			return
		}
		for i, branch := range c.branches {
			visit(fmt.Sprintf("%s|%d", at, i), branch)
		}
		for name, field := range c.fields {
			visit(at+"."+name, field.checker)
		}
		if c.kind == arrayKind {
			visit(at+"[]", c.items)
		}
	}
	for _, op := range mustLoad(t).Operations() {
		if op.Body == JSONBody {
			visit(string(op.ID), op.checker)
		}
	}
}

func TestChecker_Samples(t *testing.T) {
	for _, p := range mustPublished(t) {
		op := mustLoad(t).Operation(p.Operation)
		for _, s := range p.Samples {
			if op.Body != JSONBody {
				continue
			}
			if request := withoutIncompleteParameters(t, s.Request); !op.checker.acceptsDocument(request) {
				t.Errorf("%s: %s is not accepted", op.ID, request)
			}
		}
	}
}

// TestChecker_Agrees draws documents that are nearly good. A checker that is
// laxer than its schema would be wrong, and a stricter one slow.
func TestChecker_Agrees(t *testing.T) {
	for _, op := range mustLoad(t).Operations() {
		if op.Body != JSONBody {
			continue
		}
		t.Run(string(op.ID), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				document := []byte(drawValue(t, op.document, rapid.SampledFrom([]int{0, 5, 30}).Draw(t, "faults")))
				if err := WellFormed(document); err != nil {
					t.Fatalf("%s: %v", document, err)
				}
				if got, want := op.checker.acceptsDocument(document), isGood(op, document); got != want {
					t.Fatalf("%s is accepted: %t; want %t", document, got, want)
				}
			})
		})
	}
}

// drawValue draws JSON that the schema allows, or with a chance in percent for
// each part of it, one that it may not.
func drawValue(t *rapid.T, s *openapi3.Schema, faults int) string {
	fault := func() bool { return rapid.IntRange(1, 100).Draw(t, "chance") <= faults }
	if fault() {
		return rapid.SampledFrom([]string{
			`null`, `true`, `0`, `-1`, `1`, `1.0`, `1e2`, `-0`, `9007199254740991`, `9007199254740992`, `1` + strings.Repeat("0", 400),
			`""`, `"a"`, `"3"`, `[]`, `[1]`, `[null]`, `{}`, `{"a":1}`, `{"url":"a:b"}`,
		}).Draw(t, "other")
	}
	length := func(least uint64, most *uint64) int {
		from, to := int(least), int(least)+3
		if most != nil {
			to = int(*most)
		}
		if fault() {
			return rapid.SampledFrom([]int{max(0, from-1), to + 1}).Draw(t, "length")
		}
		return rapid.OneOf(rapid.IntRange(from, min(to, from+3)), rapid.SampledFrom([]int{from, to})).Draw(t, "length")
	}
	switch {
	case len(s.AnyOf) > 0:
		return drawValue(t, rapid.SampledFrom(s.AnyOf).Draw(t, "branch").Value, faults)
	case s.Type.Is(openapi3.TypeString):
		text := strings.Repeat(rapid.SampledFrom([]string{"a", "ä", "€", "😀", `"`, "\n", "\u2028"}).Draw(t, "character"), length(s.MinLength, s.MaxLength))
		switch {
		case s.Enum != nil:
			text = rapid.SampledFrom(s.Enum).Draw(t, "enum").(string)
		case s.Pattern != "" && !fault():
			text = rapid.StringMatching(codePoint.ReplaceAllString(s.Pattern, `\x{$1}`)).Draw(t, "text")
		}
		return quote(t, text)
	case s.Type.Is(openapi3.TypeInteger):
		if s.Enum != nil && !fault() {
			return fmt.Sprint(rapid.SampledFrom(s.Enum).Draw(t, "enum"))
		}
		return fmt.Sprint(rapid.Int64Range(int64(*s.Min), int64(*s.Max)).Draw(t, "integer"))
	case s.Type.Is(openapi3.TypeBoolean):
		return fmt.Sprint(rapid.Bool().Draw(t, "boolean"))
	case s.Type.Is(openapi3.TypeArray):
		items := make([]string, length(s.MinItems, s.MaxItems))
		for i := range items {
			if i < 4 {
				items[i] = drawValue(t, s.Items.Value, faults)
			} else {
				items[i] = items[i-4]
			}
		}
		return "[" + strings.Join(items, " , ") + "]"
	}
	fields := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if required := slices.Contains(s.Required, name); required && !fault() || !required && rapid.Bool().Draw(t, "given") {
			fields[name] = drawValue(t, s.Properties[name].Value, faults)
		}
	}
	if extra := s.AdditionalProperties.Schema; extra != nil {
		for i := range length(s.MinProps, s.MaxProps) {
			fields[fmt.Sprint("field", i)] = drawValue(t, extra.Value, faults/10)
		}
	} else if fault() {
		fields[rapid.SampledFrom([]string{"", "URL", "unknown", "url.x"}).Draw(t, "unknown")] = `1`
	}
	var members []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		members = append(members, quote(t, name)+" :\t"+fields[name])
	}
	return "{" + strings.Join(members, "\n,") + "}"
}

// quote spells a text as JSON, sometimes with an escape that it need not have.
func quote(t *rapid.T, s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(s) > 0 && s[0] >= 'a' && s[0] <= 'z' && rapid.IntRange(0, 9).Draw(t, "escaped") == 0 {
		return fmt.Sprintf(`"\u%04x%s`, s[0], quoted[2:])
	}
	return string(quoted)
}

// FuzzChecker feeds bytes that need not be JSON: what a checker accepts, the
// schema allows.
func FuzzChecker(f *testing.F) {
	for _, p := range mustPublished(f) {
		for _, s := range p.Samples {
			f.Add([]byte(s.Request))
		}
	}
	for _, seed := range []string{
		``, `{}`, `{"url":"a:b"`, `{"url":"a:b"}x"y":1`, with(`"url":1`), `{"type":"text","data":{"a":1,"a":[]}}`, `{"type":"text","data":[1,"",true]}`,
		`{"domain":"a:80/","redirectroot":""}`, `{"tag":"x","name":"\u00e9"}`, with(`"pixels":[1 2,3]`), with(`"expiry":"2030-12-31T23:59:59Z"`),
	} {
		f.Add([]byte(seed))
	}
	operations := mustLoad(f).Operations()
	f.Fuzz(func(t *testing.T, document []byte) {
		for _, op := range operations {
			if op.Body == JSONBody && op.checker.acceptsDocument(document) && !isGood(op, document) {
				t.Errorf("%s accepts %q", op.ID, document)
			}
		}
	})
}

func TestChecker_TooManyValues(t *testing.T) {
	schema := `{"type":"object","properties":{"a":{"type":"array","items":{"type":"boolean"}}}}`
	c := newChecker(mustSchema(t, schema))
	for n, want := range map[int]bool{maxRequestValues - 2: true, maxRequestValues - 1: false} {
		document := `{"a":[true` + strings.Repeat(",true", n-1) + `]}`
		if got := c.acceptsDocument([]byte(document)); got != want {
			t.Errorf("%d booleans are accepted: %t; want %t", n, got, want)
		}
	}
}

// TestNewChecker_Unsure holds that what a checker does not notice it does not
// compile.
func TestNewChecker_Unsure(t *testing.T) {
	for _, schema := range []string{
		`{}`, `{"enum":["a"]}`, `{"type":"number"}`, `{"type":["string","integer"]}`, `{"type":"string","format":"date"}`, `{"type":"string","nullable":true}`,
		`{"type":"string","minimum":1}`, `{"type":"string","enum":["a",1]}`, `{"type":"string","pattern":"("}`, `{"type":"string","allOf":[{"type":"string"}]}`,
		`{"type":"string","not":{"type":"string"}}`, `{"type":"integer","enum":["1"]}`, `{"type":"integer","multipleOf":2}`, `{"type":"integer","minimum":1,"exclusiveMinimum":true}`,
		`{"type":"boolean","enum":[true]}`, `{"type":"array"}`, `{"type":"array","items":{"type":"string"},"uniqueItems":true}`, `{"type":"object","minProperties":2}`,
		`{"type":"object","x-y":1,"allOf":[{}]}`, `{"oneOf":[{"type":"string"},{"type":"boolean"}]}`, `{"type":"string","anyOf":[{"type":"string"}]}`,
		`{"anyOf":[{"type":"string"}],"minLength":3}`, `{"anyOf":[{"type":"string"}],"oneOf":[{"type":"string"}]}`,
	} {
		if c := newChecker(mustSchema(t, schema)); c != nil {
			t.Errorf("%s is compiled", schema)
		}
	}
	many := &openapi3.Schema{Type: &openapi3.Types{openapi3.TypeObject}}
	for i := range 65 {
		many.Required = append(many.Required, fmt.Sprint(i))
	}
	if newChecker(many) != nil {
		t.Error("65 required fields are compiled")
	}
}

// TestNewChecker_Keywords adds each keyword that kin-openapi has or will have.
func TestNewChecker_Keywords(t *testing.T) {
	for i := range reflect.TypeFor[openapi3.Schema]().NumField() {
		s := openapi3.Schema{Type: &openapi3.Types{openapi3.TypeString}}
		field := reflect.ValueOf(&s).Elem().Field(i)
		switch name := reflect.TypeFor[openapi3.Schema]().Field(i).Name; name {
		case "Type", "Extensions", "Origin", "Description", "Default", "Example", "MinLength", "MaxLength", "Pattern", "Enum", "AnyOf":
			continue
		default:
			setSomething(t, field)
			if newChecker(&s) != nil {
				t.Errorf("a schema with %s is compiled", name)
			}
		}
	}
}

func setSomething(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("x")
	case reflect.Uint64:
		v.SetUint(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.Struct:
		setSomething(t, v.Field(0))
	case reflect.Interface:
		v.Set(reflect.ValueOf("x"))
	default:
		t.Fatalf("a keyword of kind %s", v.Kind())
	}
}

// TestChecker_PartlySure compiles schemas that the checker knows in part: it
// accepts what meets that part only.
func TestChecker_PartlySure(t *testing.T) {
	within := mustSchema(t, `{"type":"object","additionalProperties":false,"properties":{"a":{"type":"string"}}}`)
	within.Properties["within"] = within.NewRef()
	closed := mustSchema(t, `{"type":"object","additionalProperties":{"type":"string"}}`)
	closed.AdditionalProperties.Has = new(bool)
	for _, tt := range []struct {
		schema   *openapi3.Schema
		document string
		want     bool
	}{
		{closed, `{"a":"x"}`, false},
		{within, `{"a":"x"}`, true},
		{within, `{"within":{}}`, false},
		{mustSchema(t, `{"type":"object","properties":{"a":{"type":"string"}}}`), `{"a":"x"}`, true},
		{mustSchema(t, `{"type":"object","properties":{"a":{"type":"string"}}}`), `{"b":"x"}`, false},
		{mustSchema(t, `{"type":"object","additionalProperties":true}`), `{"b":"x"}`, false},
		{mustSchema(t, `{"type":"object","additionalProperties":{"type":"string"},"required":["b"]}`), `{"b":"x"}`, false},
		{mustSchema(t, `{"type":"object","properties":{"a":{"type":"string","format":"date"},"b":{"type":"integer"}}}`), `{"b":-1}`, true},
		{mustSchema(t, `{"type":"object","properties":{"a":{"type":"string","format":"date"},"b":{"type":"integer"}}}`), `{"a":"x"}`, false},
		{mustSchema(t, `{"type":"object","properties":{"a":{"anyOf":[{"type":"number"},{"type":"boolean"}]}}}`), `{"a":true}`, true},
		{mustSchema(t, `{"type":"object","properties":{"a":{"anyOf":[{"type":"number"},{"type":"boolean"}]}}}`), `{"a":1}`, false},
		{mustSchema(t, `{"type":"object"}`), ``, false},
	} {
		if got := newChecker(tt.schema).acceptsDocument([]byte(tt.document)); got != tt.want {
			t.Errorf("%s is accepted: %t; want %t", tt.document, got, tt.want)
		}
	}
}

func mustSchema(tb testing.TB, text string) *openapi3.Schema {
	tb.Helper()
	var s openapi3.Schema
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		tb.Fatal(err)
	}
	return &s
}

// TestOperation_Validate_Allocations holds that a good document is neither
// decoded nor visited.
func TestOperation_Validate_Allocations(t *testing.T) {
	op := mustLoad(t).Operation(api.CreateLink)
	call := &api.Call{Operation: op.ID, Document: createLinkSample(t)}
	allocations := testing.AllocsPerRun(100, func() {
		if err := op.Validate(call); err != nil {
			t.Fatal(err)
		}
	})
	if math.Round(allocations) > 2 {
		t.Errorf("%g allocations; want 2 at most", allocations)
	}
}
