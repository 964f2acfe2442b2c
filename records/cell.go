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
	case strings.HasPrefix(s, `'"`) || strings.ContainsFunc(s, isUnsafe) || hasFormula(s):
		// Readers of CSV change carriage returns, and some end at NUL.
		quoted, err := encode(s)
		if err != nil {
			return ""
		}
		return "'" + strings.ReplaceAll(string(quoted), ";", `\u003b`)
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

// otherSeparators part cells where a comma stands in numbers. To those who read so,
// quotes in the middle of a line are text.
const otherSeparators = ";\t\n"

// hasFormula reports whether a text would have a formula in it if its parts were
// cells.
func hasFormula(s string) bool {
	for {
		i := strings.IndexAny(s, otherSeparators)
		if i < 0 {
			return false
		}
		s = s[i+1:]
		if isFormula(strings.TrimLeft(s, `'" `)) {
			return true
		}
	}
}

func isUnsafe(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t'
}
