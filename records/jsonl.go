package records

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// jsonWriter writes JSON Lines.
type jsonWriter struct {
	w    *bufio.Writer
	line []byte
}

// Write implements Writer.
func (j *jsonWriter) Write(r Record) error {
	line := append(j.line[:0], `{"kind":"`...)
	line = append(append(line, r.Kind()...), '"')
	err := values(r, func(f *field, value string) error {
		line = append(append(append(line, `,"`...), f.name...), `":`...)
		switch f.form {
		case number, boolean, nested:
			line = append(line, value...)
			return nil
		}
		quoted, err := encode(value)
		line = append(line, quoted...)
		return err
	})
	if err != nil {
		return err
	}
	j.line = append(line, "}\n"...)
	_, err = j.w.Write(j.line)
	return err
}

// Flush implements Writer.
func (j *jsonWriter) Flush() error { return j.w.Flush() }

// jsonReader reads JSON Lines.
type jsonReader struct {
	r    *bufio.Reader
	zone *time.Location
	line int
	buf  []byte
	read int64 // bytes
}

// Offset implements Reader.
func (j *jsonReader) Offset() int64 { return j.read }

// Next implements Reader.
func (j *jsonReader) Next() (Record, int, error) {
	for {
		line, err := j.next()
		if err != nil {
			return nil, j.line, err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			r, err := j.parse(line)
			return r, j.line, err
		}
	}
}

// next returns the next line, which is valid until the next call.
func (j *jsonReader) next() ([]byte, error) {
	j.line++
	j.buf = j.buf[:0]
	for {
		part, err := j.r.ReadSlice('\n')
		j.buf = append(j.buf, part...)
		j.read += int64(len(part))
		switch {
		case len(j.buf) > MaxRecord:
			return nil, errTooLong
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(j.buf) > 0:
			return j.buf, nil
		default:
			return j.buf, err
		}
	}
}

var errNoObject = &RowError{Err: errors.New("is not a JSON object in UTF-8")}

func (j *jsonReader) parse(line []byte) (Record, error) {
	if line[0] != '{' || !utf8.Valid(line) || isDeep(line) || !gjson.ValidBytes(line) {
		return nil, errNoObject
	}
	object := gjson.ParseBytes(line)
	kind := object.Get(kindField)
	if !kind.Exists() {
		return nil, &RowError{Field: kindField, Err: errors.New("is missing")}
	}
	s, err := shapeOf(kind.String())
	if err != nil {
		return nil, err
	}
	r := s.make()
	seen := map[string]bool{}
	object.ForEach(func(key, value gjson.Result) bool {
		name := key.String()
		if seen[name] {
			err = &RowError{Err: fmt.Errorf("has a field %q twice", shown(name))}
			return false
		}
		seen[name] = true
		if name == kindField || value.Type == gjson.Null {
			return true
		}
		written, ok := readJSON(s.byName[name], value)
		if !ok {
			err = &RowError{Field: name, Err: errors.New("is of another type")}
			if r.Kind() == KindHeader {
				err = errHeader
			}
			return false
		}
		err = readField(s, r, name, written, j.zone)
		return err == nil
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// readJSON returns a value as write has written it.
func readJSON(f *field, value gjson.Result) (string, bool) {
	if f == nil {
		return "", true // an error for it has the name
	}
	switch f.form {
	case text, moment, base64s:
		return value.String(), value.Type == gjson.String
	case number:
		return value.Raw, value.Type == gjson.Number
	case boolean:
		return value.Raw, value.Type == gjson.True || value.Type == gjson.False
	}
	return value.Raw, value.IsObject() || value.IsArray()
}
