package openapi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/api"
)

func many(items ...string) []byte { return []byte(`{"urls":[` + strings.Join(items, ",") + `]}`) }

func repeated(item string, n int) []string {
	items := make([]string, n)
	for i := range items {
		items[i] = item
	}
	return items
}

// TestOperation_Validate_Many: the whole is as strict as any document, and its
// entries are left alone.
func TestOperation_Validate_Many(t *testing.T) {
	op := mustLoad(t).Operation(api.CreateLinks)
	full := "{" + urlText + `,"pixels":[` + strings.Repeat("1,", 99) + `1]}`
	for name, tt := range map[string]struct {
		document string
		want     []string
	}{
		"one":          {string(many("{" + urlText + "}")), nil},
		"badEntries":   {string(many(`{"url":1}`, `{}`, `{"zeta":[{}]}`)), nil},
		"thousandFull": {string(many(repeated(full, 1000)...)), nil},

		"ErrNone":      {`{}`, []string{"urls|is required"}},
		"ErrEmptyBody": {``, []string{"urls|is required"}},
		"ErrEmpty":     {`{"urls":[]}`, []string{"urls|must not be empty"}},
		"ErrMany":      {string(many(repeated(full, 1001)...)), []string{"urls|must have at most 1000 entries"}},
		"ErrFarTooMany": {
			string(many(repeated("{}", 300_000)...)), []string{"urls|must have at most 1000 entries"},
		},
		"ErrObject":  {`{"urls":{"url":"hunter2"}}`, []string{"urls|must be an array"}},
		"ErrEntries": {`{"urls":["hunter2",{},null,[]]}`, []string{"urls[0]|must be an object", "urls[2]|must not be null", "urls[3]|must be an object"}},
		"ErrUnknown": {`{"links":[],"urls":[{}]}`, []string{"links|is not a known field"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := op.Validate(&api.Call{Operation: op.ID, Document: []byte(tt.document)})
			if diff := cmp.Diff(tt.want, fieldErrors(t, err)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if err := op.Validate(&api.Call{Operation: op.ID, Document: []byte(`[{}]`)}); api.AsError(err).Message != "The body must be a JSON object." {
		t.Errorf("an array: %v", err)
	}
}

// TestOperation_Items: each entry is judged alone.
func TestOperation_Items(t *testing.T) {
	c := mustLoad(t)
	op := c.Operation(api.CreateLinks)
	good := "{" + urlText + `,"custom":"spring-sale"}`
	long := `{"pixels":[` + strings.Repeat("1,", 20_000) + `1]}`
	call := &api.Call{Operation: op.ID, Document: many(good, `{ "url" : 1 }`, `{"x":1}`, long, good)}
	if err := op.Validate(call); err != nil {
		t.Fatal(err)
	}
	items := op.Items(call)
	want := []string{
		good, "url|must be a string", "url|Please enter a valid URL. x|is not a known field", "pixels|has too many values", good,
	}
	var got []string
	for _, item := range items {
		switch {
		case item.Err == nil:
			got = append(got, string(item.Document))
		case item.Err.Fields == nil:
			got = append(got, item.Err.Message)
		default:
			got = append(got, strings.Join(fieldErrors(t, item.Err), " "))
		}
		if (item.Err == nil) == (item.Document == nil) {
			t.Errorf("%+v has both, or none", item)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if items := c.Operation(api.CreateLink).Items(&api.Call{Document: []byte(good)}); items != nil {
		t.Errorf("createLink has items: %v", items)
	}
}

// TestParse_Each_Err: an array of documents names what they are, and its bound.
func TestParse_Each_Err(t *testing.T) {
	for _, change := range [][2]string{
		{"x-each: createLink", "x-each: eatLink"},
		{"x-each: createLink", "x-each: getLink"},
		{"maxItems: 1000\n          x-each", "x-each"},
	} {
		yaml := strings.Replace(string(source), change[0], change[1], 1)
		if _, err := parse([]byte(yaml)); yaml == string(source) || err == nil {
			t.Errorf("%s: %v; want an error", change[1], err)
		}
	}
}

func BenchmarkOperation_Items(b *testing.B) {
	op := mustLoad(b).Operation(api.CreateLinks)
	var items []string
	for i := range 1000 {
		items = append(items, fmt.Sprintf(`{"url":"https://example.com/a/long/path?with=a&few=parameters","custom":"spring-%d"}`, i))
	}
	call := &api.Call{Operation: op.ID, Document: many(items...)}
	b.ReportAllocs()
	b.SetBytes(int64(len(call.Document)))
	for b.Loop() {
		if err := op.Validate(call); err != nil {
			b.Fatal(err)
		}
		if got := op.Items(call); len(got) != 1000 {
			b.Fatalf("%d items", len(got))
		}
	}
}
