package openapi

import (
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
)

// patternsOf returns the patterns of all documents, each once.
func patternsOf(tb testing.TB) []string {
	tb.Helper()
	var patterns []string
	seen := map[string]bool{"": true}
	eachSchema(mustLoad(tb), func(s *openapi3.Schema) {
		if !seen[s.Pattern] {
			seen[s.Pattern] = true
			patterns = append(patterns, s.Pattern)
		}
	})
	return patterns
}

// eachSchema calls f for each schema of a document, as often as it is used.
func eachSchema(c *Contract, f func(*openapi3.Schema)) {
	var visit func(*openapi3.SchemaRef)
	visit = func(ref *openapi3.SchemaRef) {
		if ref == nil {
			return
		}
		s := ref.Value
		f(s)
		for _, branch := range s.AnyOf {
			visit(branch)
		}
		for _, field := range s.Properties {
			visit(field)
		}
		visit(s.Items)
		visit(s.AdditionalProperties.Schema)
	}
	for _, op := range c.Operations() {
		if op.document != nil {
			visit(op.document.NewRef())
		}
	}
}

// checkMatcher holds a matcher against what the schema itself says of a text.
func checkMatcher(tb rapid.TB, pattern, s string) {
	tb.Helper()
	matches, ok := matcher(pattern)
	if !ok {
		tb.Fatalf("no matcher for %s", pattern)
	}
	schema := &openapi3.Schema{Type: &openapi3.Types{openapi3.TypeString}, Pattern: pattern}
	if got, want := matches(s), schema.VisitJSON(s) == nil; got != want {
		tb.Fatalf("%q matches %s: %t; want %t", s, pattern, got, want)
	}
}

// texts are at the edges of the patterns.
var texts = strings.Split(strings.Join([]string{
	// Addresses.
	"https://a", "a:b", "a:", ":b", "1a:b", "a+.-9:b", "a_:b", "ä:b", "a:b c", "a:b\n", "a:\x00", "a:\x1f", "a:!", "a:\x7f", "a:~", "a:\u0080", "a:\u00a0",
	"a:\u00a1", "a:\u167f", "a:\u1680", "a:\u1681", "a:\u1fff", "a:\u2000", "a:\u200a", "a:\u200b", "a:\u2027", "a:\u2028", "a:\u2029", "a:\u202a",
	"a:\u202e", "a:\u202f", "a:\u2030", "a:\u205e", "a:\u205f", "a:\u2060", "a:\u2fff", "a:\u3000", "a:\u3001", "a:\ufefe", "a:\ufeff", "a:\uff00",
	"a:\U0001f600", "a:\xff", "a:b:c", "a::", "://", "[:b", "`:b", "{:b", "@:b",
	// Aliases.
	"abc", "a-b_c", "A9", "a/b", "a.b", "é", "a\n", "-", "_", "/", "[", "`", "{", "@", "\xff",
	// Kinds of links.
	"direct", "directx", "xdirect", "frame", "splash", "Splash", "0", "1", "10", "01", "999999999999999", "1000000000000000", "overlay-1", "overlay-0",
	"overlay-", "overlay-01", "overlay-overlay-1", "overlay-999999999999999", "overlay-1000000000000000", "overlay", "1 ", "1a",
	// Domains.
	"example.com", "a", "a.b.c", ".a", "a.", "a..b", "-a", "a-", "a-b", "a.-b", "a.b-", "a_b", "http://a", "https://a", "HTTP://a", "ftp://a", "http://", "https://",
	"http://http://a", "https://http://a", "http:", "http:80", "http:/", "https:80/", "a:80", "a:", "a:123456", "a:12345/", "a:8x", "a:80:80", "a/", "a//", "a/b", "/", "a:/", "user@a",
	strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("a", 63) + "." + strings.Repeat("b", 64), "a" + strings.Repeat("-", 61) + "b", "ä.com",
	// Dates.
	"2030-12-31", "2030-00-31", "2030-13-01", "2030-10-00", "2030-01-32", "2030-02-30", "2030-1-01", "203-12-31", "20300-12-31", "2030/12/31", "2030-12/31", "2030-12-3", "2030-12-31 ",
	"2030-12-31T", "2030-12-31 23:59", "2030-12-31T23:59", "2030-12-31_23:59", "2030-12-31 24:00", "2030-12-31 23:60", "2030-12-31 23-59", "2030-12-31 23:5", "2030-12-31 23:59:",
	"2030-12-31 23:59:5", "2030-12-31 23:59:59", "2030-12-31 23:59:60", "2030-12-31 23:59.59", "2030-12-31T23:59:59", "2030-12-31T23:59Z", "2030-12-31 23:59:59Z", "2030-12-31T23:59:59Z",
	"2030-12-31T23:59:59z", "2030-12-31T23:59:59ZZ", "2030-12-31T23:59:59.", "2030-12-31T23:59:59.Z", "2030-12-31T23:59:59.1", "2030-12-31T23:59:59.1Z", "2030-12-31T23:59:59.123456789Z",
	"2030-12-31T23:59:59.1234567890Z", "2030-12-31 23:59:59.1Z", "2030-12-31T23:59:59+", "2030-12-31T23:59:59+09", "2030-12-31T23:59:59+09:00", "2030-12-31T23:59:59-23:59", "2030-12-31T23:59:59-24:00",
	"2030-12-31T23:59:59+09:00Z", "2030-12-31T23:59:59.5-09:00", "2030-12-31T23:59:59+0900", "2030-12-31t23:59:59Z", "٢030-12-31", "2030-12-31T23:59:59 09:00",
	// Colours, tags and mail.
	"#fff", "#ffff", "rgb(1,2,3)", "a@b", "a@b@c", `a"b`, "GTM-1",
}, "\t")+"\t", "\t")

func TestMatcher(t *testing.T) {
	for _, pattern := range patternsOf(t) {
		for _, s := range texts {
			checkMatcher(t, pattern, s)
		}
	}
}

// TestMatcher_Mutated takes texts that have the pattern and changes a few
// characters, which is where the edges are.
func TestMatcher_Mutated(t *testing.T) {
	for _, pattern := range patternsOf(t) {
		matching := rapid.StringMatching(codePoint.ReplaceAllString(pattern, `\x{$1}`))
		rapid.Check(t, func(t *rapid.T) {
			s := []rune(matching.Draw(t, "text"))
			for range rapid.IntRange(0, 3).Draw(t, "changes") {
				at := rapid.IntRange(0, len(s)).Draw(t, "at")
				tail := s[at+rapid.IntRange(0, min(2, len(s)-at)).Draw(t, "dropped"):]
				added := rapid.OneOf(rapid.StringN(0, 2, -1), rapid.SampledFrom(texts)).Draw(t, "added")
				s = append(append(s[:at:at], []rune(added)...), tail...)
			}
			checkMatcher(t, pattern, string(s))
		})
	}
}

// TestMatchers holds that the patterns written down here are those of
// openapi.yaml.
func TestMatchers(t *testing.T) {
	used := map[string]bool{}
	for _, pattern := range patternsOf(t) {
		used[pattern] = true
	}
	for pattern := range matchers {
		if !used[pattern] {
			t.Errorf("openapi.yaml does not have %s", pattern)
		}
	}
}

func FuzzMatcher(f *testing.F) {
	for _, s := range texts {
		f.Add(s)
	}
	patterns := patternsOf(f)
	f.Fuzz(func(t *testing.T, s string) {
		for _, pattern := range patterns {
			checkMatcher(t, pattern, s)
		}
	})
}
