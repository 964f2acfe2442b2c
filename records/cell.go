package records

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A cell that begins with one of these is a formula to some spreadsheet (OWASP,
// CSV Injection), the full-width ones too. An apostrophe in front makes a text of
// it.
const formulaStarts = "=+-@\t\n\uFF1D\uFF0B\uFF0D\uFF20"

// toCell returns a text as a cell that no spreadsheet takes for a formula, and
// that fromCell turns back into the same text.
func toCell(s string) string {
	switch {
	case strings.HasPrefix(s, `'"`) || strings.ContainsFunc(s, isUnsafe):
		// Readers of CSV change carriage returns, and some end at NUL.
		quoted, err := encode(s)
		if err != nil {
			return ""
		}
		return "'" + string(quoted)
	case isFormula(s):
		return "'" + s
	}
	return s
}

// fromCell returns the text of a cell, also of one written by hand.
func fromCell(cell string) string {
	rest, ok := strings.CutPrefix(cell, "'")
	if !ok {
		return cell
	}
	if strings.HasPrefix(rest, `"`) {
		var s string
		if json.Unmarshal([]byte(rest), &s) == nil {
			return s
		}
		return cell
	}
	if isFormula(rest) {
		return rest
	}
	return cell
}

// isFormula reports whether a text begins with what makes a formula, behind
// whatever apostrophes and spaces.
func isFormula(s string) bool {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, "' "))
	return strings.ContainsRune(formulaStarts, first)
}

func isUnsafe(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t'
}
