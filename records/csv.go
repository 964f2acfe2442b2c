package records

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// csvWriter writes CSV (RFC 4180, with line feeds) with a column for every field
// of every kind.
type csvWriter struct {
	w      *csv.Writer
	column map[string]int
	row    []string
	begun  bool
}

func newCSVWriter(w io.Writer) *csvWriter {
	c := &csvWriter{w: csv.NewWriter(bufio.NewWriterSize(w, bufferSize)), column: map[string]int{}, row: make([]string, len(columns))}
	// Csv.Writer takes a writer that is buffered already as it is, so that its
	// Flush is that one's.
	for i, name := range columns {
		c.column[name] = i
	}
	return c
}

// Write implements Writer.
func (c *csvWriter) Write(r Record) error {
	if !c.begun {
		c.begun = true
		if err := c.w.Write(columns); err != nil {
			return err
		}
	}
	clear(c.row)
	c.row[0] = string(r.Kind())
	err := values(r, func(f *field, value string) error {
		c.row[c.column[f.name]] = toCell(strings.ToValidUTF8(value, string(utf8.RuneError)))
		return nil
	})
	if err != nil {
		return err
	}
	return c.w.Write(c.row)
}

// Flush implements Writer.
func (c *csvWriter) Flush() error {
	c.w.Flush()
	return c.w.Error()
}

// csvReader reads CSV with any of the columns, in any order.
type csvReader struct {
	r      *csv.Reader
	limit  *limitReader
	zone   *time.Location
	names  []string
	kindAt int // -1 where there is no such column
}

func newCSVReader(r *bufio.Reader, zone *time.Location) (*csvReader, error) {
	limit := &limitReader{r: r, left: MaxRecord}
	c := &csvReader{r: csv.NewReader(limit), limit: limit, zone: zone, kindAt: -1}
	c.r.ReuseRecord = true
	c.r.Comma = separator(r)
	header, err := c.r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, name := range columns {
		known[name] = true
	}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		switch {
		case !known[name]:
			return nil, fmt.Errorf("column %d of the first line, %q, is no field of any record", i+1, shown(name))
		case name == kindField:
			c.kindAt = i
		}
		for _, other := range c.names {
			if other == name {
				return nil, fmt.Errorf("the column %q is there twice", name)
			}
		}
		c.names = append(c.names, name)
	}
	return c, nil
}

// separator returns what parts the cells of a table whose first line is next:
// where a comma stands in numbers, spreadsheets write semicolons.
func separator(r *bufio.Reader) rune {
	head, _ := r.Peek(4 << 10) // what fails is told by the next Read
	line, _, _ := strings.Cut(string(head), "\n")
	for _, comma := range []rune{',', ';', '\t'} {
		if strings.ContainsRune(line, comma) {
			return comma
		}
	}
	return ','
}

// Offset implements Reader.
func (c *csvReader) Offset() int64 { return c.r.InputOffset() }

// Next implements Reader.
func (c *csvReader) Next() (Record, int, error) {
	for {
		c.limit.left = MaxRecord
		row, err := c.r.Read()
		if errors.Is(err, csv.ErrFieldCount) {
			line, _ := c.r.FieldPos(0)
			return nil, line, &RowError{Err: fmt.Errorf("has %d cells; the first line has %d", len(row), len(c.names))}
		}
		if parse, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, parse.StartLine, parse.Err
		}
		if err != nil {
			return nil, 0, err
		}
		line, _ := c.r.FieldPos(0)
		if strings.Join(row, "") == "" {
			continue // below a table, spreadsheets leave rows of nothing
		}
		r, err := c.parse(row)
		return r, line, err
	}
}

func (c *csvReader) parse(row []string) (Record, error) {
	kind := string(KindLink)
	if c.kindAt >= 0 {
		kind = row[c.kindAt]
	}
	s, err := shapeOf(kind)
	if err != nil {
		return nil, err
	}
	r := s.make()
	for i, cell := range row {
		if cell == "" || i == c.kindAt {
			continue
		}
		if !utf8.ValidString(cell) {
			return nil, &RowError{Field: c.names[i], Err: errors.New("is not in UTF-8")}
		}
		if err := readField(s, r, c.names[i], fromCell(cell), c.zone); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// shown shortens a text for a message, and leaves nothing in it that a terminal
// obeys.
func shown(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > 40 {
			b.WriteRune('…')
			break
		}
		if !unicode.IsPrint(r) {
			r = utf8.RuneError
		}
		b.WriteRune(r)
	}
	return b.String()
}

// limitReader ends with errTooLong where nobody has set left anew for so many
// bytes.
type limitReader struct {
	r    io.Reader
	left int
}

// Read implements io.Reader.
func (l *limitReader) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errTooLong
	}
	n, err := l.r.Read(p)
	l.left -= n
	return n, err
}
