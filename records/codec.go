package records

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Format is how records are written.
type Format string

// The formats.
const (
	JSONL Format = "jsonl"
	CSV   Format = "csv"
)

// ParseFormat returns the format with the name.
func ParseFormat(name string) (Format, error) {
	switch f := Format(name); f {
	case JSONL, CSV:
		return f, nil
	}
	return "", fmt.Errorf("there is no format %q: use %s or %s", name, JSONL, CSV)
}

// Writer writes records.
type Writer interface {
	Write(r Record) error

	// Flush writes out what is held back. It is called once, at the end.
	Flush() error
}

// NewWriter returns a writer of the format.
func NewWriter(w io.Writer, f Format) Writer {
	if f == CSV {
		return newCSVWriter(w)
	}
	return &jsonWriter{w: bufio.NewWriterSize(w, bufferSize)}
}

// Reader reads records.
type Reader interface {
	// Next returns the next record and the line that it begins in, from 1. The
	// error is a *RowError where the next call goes on behind it, io.EOF at the
	// end, and any other where the rest cannot be read.
	Next() (r Record, line int, err error)

	// Offset returns how many bytes the records had that were read.
	Offset() int64
}

// RowError is what is wrong with one record of a file. It holds no value of it.
type RowError struct {
	// Field is where it is wrong, empty for the record as a whole.
	Field string
	Err   error
}

// Error implements error.
func (e *RowError) Error() string {
	if e.Field == "" {
		return e.Err.Error()
	}
	return e.Field + ": " + e.Err.Error()
}

// Unwrap returns what it is made of.
func (e *RowError) Unwrap() error { return e.Err }

// MaxRecord is how long a record may be in bytes.
const MaxRecord = 16 << 20

const bufferSize = 64 << 10

// What ends reading: of what comes behind, nobody knows what it is.
var (
	errTooLong = fmt.Errorf("a record is longer than %d MiB", MaxRecord>>20)
	errHeader  = errors.New("an export does not begin like this")
)

// maxDepth is how deep arrays and objects of a record may be nested: those of the
// contract's bodies, which it holds, and its own. Parsers recurse.
const maxDepth = 40

// isDeep reports whether JSON is nested deeper.
func isDeep[T string | []byte](s T) bool {
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return true
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return false
}

// NewReader returns a reader of the format, or where it is empty, of that which
// the file looks like: JSON Lines begin with "{". Times without a zone are in
// zone.
func NewReader(r io.Reader, f Format, zone *time.Location) (Reader, error) {
	b := bufio.NewReaderSize(r, bufferSize)
	// Spreadsheets begin their files with a mark of the order of bytes.
	if mark, err := b.Peek(3); err == nil && string(mark) == "\uFEFF" {
		if _, err := b.Discard(len(mark)); err != nil {
			return nil, err
		}
	}
	if mark, err := b.Peek(2); err == nil && (string(mark) == "\xFF\xFE" || string(mark) == "\xFE\xFF") {
		return nil, errors.New("the file is in UTF-16: save it as UTF-8")
	}
	if f == "" {
		head, err := b.Peek(bufferSize)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		switch text := strings.TrimSpace(string(head)); {
		case strings.HasPrefix(text, "{"):
			f = JSONL
		case strings.HasPrefix(text, "["):
			return nil, errors.New("the file is one JSON array: write one object a line")
		default:
			f = CSV
		}
	}
	if f == CSV {
		return newCSVReader(b, zone)
	}
	return &jsonReader{r: b, zone: zone}, nil
}

// readField sets a field of a record by its name.
func readField(s *shape, r Record, name, value string, zone *time.Location) error {
	f := s.byName[name]
	if f == nil {
		if r.Kind() == KindHeader {
			return nil // a newer version's, which says so
		}
		return &RowError{Err: fmt.Errorf("a %s has no field %q", r.Kind(), shown(name))}
	}
	err := f.set(r, value, zone)
	switch {
	case err == nil:
		return nil
	case r.Kind() == KindHeader:
		return errHeader
	}
	return &RowError{Field: name, Err: err}
}

func shapeOf(kind string) (*shape, error) {
	s := shapes[Kind(strings.ToLower(strings.TrimSpace(kind)))]
	if s == nil {
		return nil, &RowError{Field: kindField, Err: errors.New("is not known")}
	}
	return s, nil
}
