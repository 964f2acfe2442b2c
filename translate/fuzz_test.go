package translate

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
	"pgregory.net/rapid"
)

// check applies the table and fails where the target is no JSON object or has
// a name twice.
func check(tb interface{ Fatalf(string, ...any) }, table *Table, src string) {
	outcome, err := table.Apply(nil, []byte(src))
	if err != nil {
		return
	}
	if !gjson.ValidBytes(outcome.Document) {
		tb.Fatalf("Apply(%q) = %q, which is no JSON", src, outcome.Document)
	}
	decoder := json.NewDecoder(strings.NewReader(string(outcome.Document)))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		tb.Fatalf("Apply(%q) = %q, which is no object: %v", src, outcome.Document, err)
	}
	seen := map[string]bool{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			tb.Fatalf("Apply(%q) = %q: %v", src, outcome.Document, err)
		}
		if seen[name.(string)] {
			tb.Fatalf("Apply(%q) = %q, which has %q twice", src, outcome.Document, name)
		}
		seen[name.(string)] = true
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			tb.Fatalf("Apply(%q) = %q: %v", src, outcome.Document, err)
		}
	}
	if _, err := decoder.Token(); err != nil {
		tb.Fatalf("Apply(%q) = %q does not end: %v", src, outcome.Document, err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		tb.Fatalf("Apply(%q) = %q has more behind it", src, outcome.Document)
	}
}

func FuzzTable_Apply(f *testing.F) {
	for _, seed := range []string{
		`{}`, sample, `{"url":1,"address":2,"url":3}`, `{"x":1,"\u0078":2,"x":3}`, "{\"\xff\":1,\"\xfe\":2,\"\ufffd\":3}",
		`{"\ud800":1,"\udfff":2}`, `{"geo":[1,2],"device":{"a":1},"geo":"x"}`, `{"expiry":"2030-01-01"}`, `{"a":{"b":[{}]},"languages":7}`,
	} {
		f.Add([]byte(seed))
	}
	tables := []*Table{fixture(Refuse), fixture(Drop), fixture(Keep)}
	f.Fuzz(func(t *testing.T, src []byte) {
		if !gjson.ValidBytes(src) {
			return
		}
		for _, table := range tables {
			check(t, table, string(src))
		}
	})
}

// Documents that fuzzing would take long to find: many fields of the table's
// own names, in any order, repeated, with any values.
func TestTable_ApplyProperties(t *testing.T) {
	names := append(fixture(Keep).Names(), "long_url", "rules", "x", "", `"`, "a.b", "\u0000", "é")
	value := rapid.SampledFrom([]string{
		`1`, `-1.5e3`, `""`, `"direct"`, `"a"`, `null`, `true`, `false`, `[]`, `{}`, `[1,[2]]`, `[{"language":"en"}]`, `{"a":{"b":1}}`, `"\u2028\""`, `"2030-01-01"`,
	})
	tables := []*Table{fixture(Refuse), fixture(Drop), fixture(Keep)}
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		b.WriteByte('{')
		for i := range rapid.IntRange(0, 20).Draw(t, "n") {
			if i > 0 {
				b.WriteString(" , ")
			}
			name, _ := json.Marshal(rapid.OneOf(rapid.SampledFrom(names), rapid.String()).Draw(t, "name"))
			b.Write(name)
			b.WriteString(" : ")
			b.WriteString(value.Draw(t, "value"))
		}
		b.WriteByte('}')
		if !gjson.Valid(b.String()) {
			t.Fatalf("the source %q is no JSON", b.String())
		}
		for _, table := range tables {
			check(t, table, b.String())
		}
	})
}
