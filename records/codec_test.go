package records_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/records"
)

// readAll reads a file, and what is wrong with its records as "line: text".
func readAll(t *testing.T, file string) (rs []records.Record, wrong []string, err error) {
	t.Helper()
	seoul := time.FixedZone("KST", 9*60*60)
	r, err := records.NewReader(strings.NewReader(file), "", seoul)
	if err != nil {
		return nil, nil, err
	}
	for {
		record, line, err := r.Next()
		bad, isRow := errors.AsType[*records.RowError](err)
		switch {
		case errors.Is(err, io.EOF):
			return rs, wrong, nil
		case isRow:
			wrong = append(wrong, strings.Repeat("\n", line-1)+bad.Error())
		case err != nil:
			return rs, wrong, err
		default:
			rs = append(rs, record)
		}
	}
}

func TestCodecs_Lossless(t *testing.T) {
	want := append(everything(), &records.Overlay{}, &records.Link{Of: records.KindQR})
	for _, f := range []records.Format{records.JSONL, records.CSV} {
		file := encoded(t, f, true, want)
		got, wrong, err := readAll(t, string(file))
		if err != nil || len(wrong) > 0 {
			t.Fatalf("%s: %v, %q", f, err, wrong)
		}
		if len(got) != len(want)+2 {
			t.Fatalf("%s: %d records; want %d", f, len(got), len(want)+2)
		}
		for i, r := range got[1 : len(got)-1] {
			if diff := cmp.Diff(want[i], r); diff != "" {
				t.Errorf("%s: record %d, -want +got:\n%s", f, i, diff)
			}
		}
	}
}

// TestCSV_Formulas: no cell of an export is a formula to a spreadsheet.
func TestCSV_Formulas(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(encoded(t, records.CSV, true, everything()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	escaped := 0
	for _, row := range rows {
		for _, cell := range row {
			if strings.IndexAny(strings.TrimLeft(cell, " "), "=+-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20") == 0 {
				t.Errorf("a cell is %q", cell)
			}
			if len(cell) > 32_767 {
				t.Errorf("a cell has %d characters; spreadsheets take 32,767", len(cell))
			}
			if strings.HasPrefix(cell, "'") {
				escaped++
			}
		}
	}
	if escaped < 3 {
		t.Errorf("%d cells are escaped; the test has lost its cases", escaped)
	}
}

func FuzzCSV_Cell(f *testing.F) {
	for _, s := range []string{"", "=1", "'=1", "''-1", `'"x`, `"x"`, "a\r\nb", "\x00", "'", " @a", "'tis", "＝1", "a,b\n\"c\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		want := &records.Link{Of: records.KindLink, URL: "u", MetaTitle: s, Description: s + "x"}
		got, wrong, err := readAll(t, string(encoded(t, records.CSV, true, []records.Record{want})))
		if err != nil || len(wrong) > 0 || len(got) != 3 {
			t.Fatalf("%d records, %q, %v", len(got), wrong, err)
		}
		if diff := cmp.Diff(records.Record(want), got[1]); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzReader(f *testing.F) {
	f.Add(`{"kind":"link","url":"https://example.com/","custom":"a"}`)
	f.Add("url,custom\nhttps://example.com/,a\n")
	f.Add("{\"kind\":\"qr\",\"qr\":{\"type\":\"link\",\"data\":\"x\"}}\n{}\n")
	f.Fuzz(func(t *testing.T, file string) {
		rs, _, _ := readAll(t, file)
		for _, r := range rs {
			if !records.Equal(r, r) {
				t.Errorf("%+v is not equal to itself", r)
			}
		}
	})
}

// TestReader_ByHand reads what people write.
func TestReader_ByHand(t *testing.T) {
	kst := time.FixedZone("KST", 9*60*60)
	link := func(l records.Link) *records.Link {
		l.Of = records.KindLink
		return &l
	}
	for name, tt := range map[string]struct {
		file string
		want []records.Record
	}{
		"minimal": {
			`{"kind":"link","url":"https://example.com/"}`,
			[]records.Record{link(records.Link{URL: "https://example.com/"})},
		},
		"columns": {
			"\uFEFFURL, custom ,password,expiry\r\nhttps://example.com/,docs,'=secret,2027-01-31\r\n,,,\r\n",
			[]records.Record{link(records.Link{
				URL: "https://example.com/", Alias: "docs", Password: "=secret", Expires: time.Date(2027, 1, 31, 23, 59, 59, 0, kst).UTC(),
			})},
		},
		"semicolons": {
			"custom;url;public\n'tis;https://example.com/?a=1,2;TRUE\n",
			[]records.Record{link(records.Link{URL: "https://example.com/?a=1,2", Alias: "'tis", Public: true})},
		},
		"objects": {
			"\n{\"kind\": \"splash\", \"name\": \"s\", \"title\": null}\n\n{\"kind\":\"campaign\",\"id\":1,\"name\":\"Spring\",\"created\":\"2026-01-02\"}\n",
			[]records.Record{
				&records.Splash{Name: "s", Counter: 10},
				&records.Campaign{ID: 1, Name: "Spring", Created: time.Date(2026, 1, 2, 0, 0, 0, 0, kst).UTC()},
			},
		},
		"rules": {
			"url,devicetarget,pixels\nhttps://example.com/,\"[{\"\"device\"\":\"\"iPhone\"\",\"\"link\"\":\"\"https://example.com/i\"\"}]\",[1]\n",
			[]records.Record{func() *records.Link {
				l := link(records.Link{URL: "https://example.com/"})
				l.Devices = append(l.Devices, struct {
					Device string `json:"device"`
					Link   string `json:"link"`
				}{"iPhone", "https://example.com/i"})
				l.Pixels = []int64{1}
				return l
			}()},
		},
	} {
		got, wrong, err := readAll(t, tt.file)
		if err != nil || len(wrong) > 0 {
			t.Errorf("%s: %v, %q", name, err, wrong)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// TestReader_Rows: what is wrong with a record says its line and field, holds none
// of its values, and the next one is read.
func TestReader_Rows(t *testing.T) {
	const good = `{"kind":"link","url":"https://example.com/"}`
	for line, want := range map[string]string{
		`{"url":"s3cret"}`:                               "kind: is missing",
		`{"kind":"lnk"}`:                                 "kind: is not known",
		`{"kind":"link","ulr":"s3cret"}`:                 `a link has no field "ulr"`,
		`{"kind":"pixel","url":"s3cret"}`:                `a pixel has no field "url"`,
		`{"kind":"link","url":1}`:                        "url: is of another type",
		`{"kind":"link","id":"s3cret"}`:                  "id: is of another type",
		`{"kind":"link","id":1.5}`:                       "id: must be a whole number",
		`{"kind":"link","id":99999999999999999999}`:      "id: must be a whole number",
		`{"kind":"link","public":"yes"}`:                 "public: is of another type",
		`{"kind":"link","expiry":"s3cret"}`:              "expiry: must be a date",
		`{"kind":"link","geotarget":[{"s3cret":1}]}`:     "geotarget: must be JSON of the form",
		`{"kind":"link","geotarget":"s3cret"}`:           "geotarget: is of another type",
		`{"kind":"link","url":"a","url":"b"}`:            `has a field "url" twice`,
		`{"kind":"secret","name":"a","value":"s3cret!"}`: "value: must be Base64",
		`{"kind":"link","url":"s3cret`:                   "is not a JSON object",
		`["s3cret"]`:                                     "is not a JSON object",
		"{\"kind\":\"link\",\"url\":\"s3cret\xff\"}":     "is not a JSON object in UTF-8",
	} {
		rs, wrong, err := readAll(t, good+"\n"+line+"\n"+good+"\n")
		if err != nil || len(rs) != 2 || len(wrong) != 1 || !strings.HasPrefix(wrong[0], "\n"+want) {
			t.Errorf("%s: %d records, %q, %v; want %q of line 2", line, len(rs), wrong, err, want)
		}
		if strings.Contains(strings.Join(wrong, ""), "s3cret") {
			t.Errorf("%s: the error shows a value: %q", line, wrong)
		}
	}
	for row, want := range map[string]string{
		"link,a,x":    "id: must be a whole number",
		"pixel,a,1":   `a pixel has no field "url"`,
		"link":        "has 1 cells; the first line has 3",
		"link,a,1,,":  "has 5 cells; the first line has 3",
		"nosuch,a,1":  "kind: is not known",
		"link,\xff,1": "url: is not in UTF-8",
	} {
		rs, wrong, err := readAll(t, "kind,url,id\n"+row+"\nlink,a,1\n")
		if err != nil || len(rs) != 1 || len(wrong) != 1 || !strings.HasPrefix(wrong[0], "\n"+want) {
			t.Errorf("%s: %d records, %q, %v; want %q of line 2", row, len(rs), wrong, err, want)
		}
	}
}

func TestReader_Fails(t *testing.T) {
	for name, tt := range map[string]struct{ file, want string }{
		"empty":          {"", "the file is empty"},
		"UTF-16":         {"\xFF\xFEu\x00r\x00l\x00\n\x00", "save it as UTF-8"},
		"array":          {`[{"kind":"link","url":"a"}]`, "one object a line"},
		"unknown column": {"url,colour\na,b\n", `column 2 of the first line, "colour", is no field`},
		"column twice":   {"url,URL\na,b\n", `"url" is there twice`},
		"quotes":         {"url,custom\n\"a\"b,c\n", `extraneous or missing "`},
		"long line":      {`{"kind":"link","url":"` + strings.Repeat("x", records.MaxRecord), "longer than 16 MiB"},
		"long cell":      {"url,custom\n\"" + strings.Repeat("x", records.MaxRecord+1<<20), "longer than 16 MiB"},
	} {
		if _, wrong, err := readAll(t, tt.file); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, %q; want an error with %q", name, err, wrong, tt.want)
		}
	}
}
