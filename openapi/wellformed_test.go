package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/linkquay/linkquay/api"
)

func TestWellFormed(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	objects := func(n int) string { return strings.Repeat(`{"a":`, n-1) + "{}" + strings.Repeat("}", n-1) }
	keys := func(n int, last string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"k%d":0,`, i)
		}
		return "{" + b.String() + `"` + last + `":0}`
	}
	const notJSON = "The body is not valid JSON"
	for name, tt := range map[string]struct{ body, want string }{
		"object":        {`{"a":[1,-0.5e+3,true,false,null,"x\n\u00e4\ud83d\ude00"],"b":{"a":{}}}`, ""},
		"scalar":        {` "a" `, ""},
		"number":        {"-0", ""},
		"space":         {"\t\r\n {\n\"a\" :\t1 , \"b\":[ ] } ", ""},
		"sameKeyApart":  {`{"a":{"a":1},"b":[{"a":1},{"a":2}],"c":"a"}`, ""},
		"caseOfKeys":    {`{"a":1,"A":2}`, ""},
		"depth32":       {nested(32), ""},
		"objects32":     {objects(32), ""},
		"manyKeys":      {keys(100_000, "last"), ""},
		"deepAfterward": {`[` + strings.Repeat("[[]],", 1000) + `0]`, ""},

		"ErrEmpty":           {"", notJSON + ": it ends too early."},
		"ErrBlank":           {" \n", notJSON + ": it ends too early."},
		"ErrTrailing":        {`{} x`, notJSON + " at byte 4."},
		"ErrSecondValue":     {`{}{}`, notJSON + " at byte 3."},
		"ErrTrailingComma":   {`[1,]`, notJSON + " at byte 4."},
		"ErrObjectComma":     {`{"a":1,}`, notJSON + " at byte 8."},
		"ErrLeadingComma":    {`[,1]`, notJSON + " at byte 2."},
		"ErrNoColon":         {`{"a" 1}`, notJSON + " at byte 6."},
		"ErrNoValue":         {`{"a":}`, notJSON + " at byte 6."},
		"ErrUnquotedKey":     {`{a:1}`, notJSON + " at byte 2."},
		"ErrNumberKey":       {`{1:1}`, notJSON + " at byte 2."},
		"ErrMismatch":        {`{]`, notJSON + " at byte 2."},
		"ErrMismatch2":       {`[}`, notJSON + " at byte 2."},
		"ErrOpen":            {`{"a":[`, notJSON + ": it ends too early."},
		"ErrOpenText":        {`"abc`, notJSON + ": it ends too early."},
		"ErrOpenEscape":      {`"abc\`, notJSON + ": it ends too early."},
		"ErrLeadingZero":     {`01`, notJSON + " at byte 2."},
		"ErrPlus":            {`+1`, notJSON + " at byte 1."},
		"ErrPoint":           {`1.`, notJSON + ": it ends too early."},
		"ErrExponent":        {`[1e]`, notJSON + " at byte 4."},
		"ErrNaN":             {`NaN`, notJSON + " at byte 1."},
		"ErrWord":            {`trux`, notJSON + " at byte 1."},
		"ErrSingleQuotes":    {`{'a':1}`, notJSON + " at byte 2."},
		"ErrComment":         {`{} // x`, notJSON + " at byte 4."},
		"ErrByteOrderMark":   {"\ufeff{}", notJSON + " at byte 1."},
		"ErrControl":         {"\"a\nb\"", notJSON + " at byte 3."},
		"ErrEscape":          {`"\x41"`, notJSON + " at byte 3."},
		"ErrShortUnicode":    {`"\u12"`, notJSON + " at byte 6."},
		"ErrForm":            {"url=https://hunter2", notJSON + " at byte 1."},
		"ErrNotUTF8":         {"\"\xff\"", "The body is not valid UTF-8."},
		"ErrSurrogateUTF8":   {"\"\xed\xa0\x80\"", "The body is not valid UTF-8."},
		"ErrHalfPair":        {`"\ud83d"`, "The body holds half of a surrogate pair."},
		"ErrHalfPairLow":     {`"\ude00"`, "The body holds half of a surrogate pair."},
		"ErrHalfPairText":    {`"\ud83d\u0041"`, "The body holds half of a surrogate pair."},
		"ErrNUL":             {`"\u0000"`, "The body holds a NUL character, which cannot be stored."},
		"ErrSameKey":         {`{"a":"hunter2","a":1}`, "The body names a twice in one object."},
		"ErrSameKeyEscaped":  {`{"a":1,"\u0061":2}`, "The body names a twice in one object."},
		"ErrSameKeyNested":   {`{"b":[{"c":{"a":1},"a":0,"\u0061":2}]}`, "The body names a twice in one object."},
		"ErrSameKeyAfter":    {`{"a":1,"b":{"x":1,"y":2},"a":2}`, "The body names a twice in one object."},
		"ErrSameKeyOdd":      {`{"\"\u0007":1,"\u0022\u0007":2}`, `The body names "\"\a" twice in one object.`},
		"ErrSameKeyOfMany":   {keys(100_000, "k7"), "The body names k7 twice in one object."},
		"ErrSameKeyOfSome":   {keys(33, "k32"), "The body names k32 twice in one object."},
		"ErrDepth33":         {nested(33), "The body is nested more than 32 levels deep."},
		"ErrObjects33":       {objects(33), "The body is nested more than 32 levels deep."},
		"ErrMebibyteOfArray": {strings.Repeat("[", 1<<20), "The body is nested more than 32 levels deep."},
	} {
		t.Run(name, func(t *testing.T) {
			err := WellFormed([]byte(tt.body))
			if tt.want == "" {
				if err != nil {
					t.Errorf("WellFormed() = %v; want nil", err)
				}
				return
			}
			e, ok := errors.AsType[*api.Error](err)
			if !ok || e.Code != api.Invalid || e.Message != tt.want {
				t.Errorf("WellFormed() = %v; want %q", err, tt.want)
			}
		})
	}
}

// FuzzWellFormed compares with encoding/json, which has no opinion on keys,
// depth and characters; those are judged from its tokens.
func FuzzWellFormed(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-0.5e+3,true,null,"\u00e4\ud83d\ude00"],"b":{"a":{}}}`, `{"a":1,"\u0061":2}`, `[[[[]]]]`, `"\ud800"`, `"\u0000"`, `{]`, `[1,]`, `01`, "\"\xff\"", `1 1`,
		strings.Repeat("[", 33) + strings.Repeat("]", 33),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, want := WellFormed(body) == nil, wellFormedSlowly(body)
		if got != want {
			t.Errorf("WellFormed(%q) is %t; want %t", body, got, want)
		}
	})
}

// wellFormedSlowly is WellFormed by other means.
func wellFormedSlowly(body []byte) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // 1e400 is JSON all right.
	return utf8.Valid(body) && json.Valid(body) && !hasOddEscape(body) && readsAlike(d)
}

// hasOddEscape reports whether valid JSON escapes NUL or half a pair.
func hasOddEscape(body []byte) bool {
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		i++
		if body[i] != 'u' {
			continue
		}
		var r, low rune
		fmt.Sscanf(string(body[i+1:i+5]), "%04x", &r)
		i += 4
		if r == 0 {
			return true
		}
		if utf16.IsSurrogate(r) {
			if !bytes.HasPrefix(body[i+1:], []byte(`\u`)) {
				return true
			}
			fmt.Sscanf(string(body[i+3:i+7]), "%04x", &low)
			if utf16.DecodeRune(r, low) == utf8.RuneError {
				return true
			}
			i += 6
		}
	}
	return false
}

// readsAlike reports whether no object of valid JSON has a key twice and it is
// not too deep.
func readsAlike(d *json.Decoder) bool {
	type level struct {
		object, isKey bool
		seen          map[string]bool
	}
	var open []level
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			return false
		}
		if token == json.Delim('}') || token == json.Delim(']') {
			open = open[:len(open)-1]
			continue
		}
		if n := len(open); n > 0 && open[n-1].object {
			top := &open[n-1]
			top.isKey = !top.isKey
			if top.isKey {
				if top.seen[token.(string)] {
					return false
				}
				top.seen[token.(string)] = true
			}
		}
		if token == json.Delim('{') || token == json.Delim('[') {
			open = append(open, level{object: token == json.Delim('{'), seen: map[string]bool{}})
			if len(open) > maxDepth {
				return false
			}
		}
	}
}
