package records_test

import (
	"strings"
	"testing"

	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/shortener"
)

// TestCSV_OtherSeparators: nor is a cell a formula to a spreadsheet that parts
// cells at semicolons or tabs, for which quotes in the middle of a line are text.
func TestCSV_OtherSeparators(t *testing.T) {
	want := []records.Record{}
	for _, s := range []string{"a;=1+1", "a; \"=1", "a\t@x", "a\n-1", "a\n\n;+1", `a;"'=1`, "a;\uFF1D1"} {
		want = append(want, &records.Link{
			Of: records.KindLink, URL: "https://example.com/" + s, MetaTitle: s,
			Options: shortener.Options{Parameters: []shortener.Parameter{{Name: "p", Value: s}}},
		})
	}
	out := encoded(t, records.CSV, true, want)
	for _, parts := range []string{";\n", "\t\n", ";\t\n,"} {
		for _, cell := range strings.FieldsFunc(string(out), func(r rune) bool { return strings.ContainsRune(parts, r) }) {
			if strings.IndexAny(strings.TrimLeft(cell, ` "`), "=+-@\uFF1D\uFF0B\uFF0D\uFF20") == 0 {
				t.Errorf("parted at %q, a cell is %q", parts, cell)
			}
		}
	}
	got, wrong, err := readAll(t, string(out))
	if err != nil || len(wrong) > 0 || len(got) != len(want)+2 {
		t.Fatalf("%d records, %q, %v", len(got), wrong, err)
	}
	for i, r := range got[1 : len(got)-1] {
		if !records.Equal(want[i], r) {
			t.Errorf("%+v came back as %+v", want[i], r)
		}
	}
}
