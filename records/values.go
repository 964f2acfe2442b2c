package records

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/translate"
)

// isEmpty reports whether a value need not be written.
func isEmpty(v reflect.Value, defaultValue reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Pointer:
		return v.IsNil()
	case reflect.Struct:
		return v.IsZero()
	}
	return v.Equal(defaultValue)
}

// values calls each with the fields of a record that are not what a new record
// has, written as the codecs do: JSON for what is nested, else plain text.
func values(r Record, each func(f *field, value string) error) error {
	s := shapes[r.Kind()]
	v, fresh := reflect.ValueOf(r).Elem(), reflect.ValueOf(s.make()).Elem()
	for i := range s.fields {
		f := &s.fields[i]
		value := v.FieldByIndex(f.index)
		if isEmpty(value, fresh.FieldByIndex(f.index)) {
			continue
		}
		written, err := write(f.form, value)
		if err != nil {
			return fmt.Errorf("writing %s of a %s: %w", f.name, r.Kind(), err)
		}
		if err := each(f, written); err != nil {
			return err
		}
	}
	return nil
}

func write(form form, v reflect.Value) (string, error) {
	switch form {
	case text:
		return v.String(), nil
	case number:
		return strconv.FormatInt(v.Int(), 10), nil
	case boolean:
		return strconv.FormatBool(v.Bool()), nil
	case moment:
		return v.Interface().(time.Time).UTC().Format(time.RFC3339Nano), nil
	case base64s:
		return base64.StdEncoding.EncodeToString(v.Bytes()), nil
	}
	b, err := encode(v.Interface())
	return string(b), err
}

// encode returns the JSON of a value. Nobody puts it into a page, so that "&"
// stays as it is.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

var (
	errNumber  = errors.New("must be a whole number")
	errCount   = fmt.Errorf("must be between 0 and %d", int64(shortener.MaxCount))
	errBoolean = errors.New("must be true or false")
	errBase64  = errors.New("must be Base64")
	errNested  = errors.New("must be JSON of the form that an export has")
)

// set reads what write has written into the field of a record.
func (f *field) set(r Record, value string, zone *time.Location) error {
	v := reflect.ValueOf(r).Elem().FieldByIndex(f.index)
	switch f.form {
	case text:
		if f.limit > 0 && len(value) > f.limit {
			return fmt.Errorf("is longer than %d bytes", f.limit)
		}
		v.SetString(value)
	case number:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return errNumber
		}
		if !f.id && (n < 0 || n > shortener.MaxCount) {
			return errCount
		}
		v.SetInt(n)
	case boolean:
		// Spreadsheets write TRUE.
		b, err := strconv.ParseBool(value)
		if err != nil {
			return errBoolean
		}
		v.SetBool(b)
	case moment:
		t, err := readMoment(f.name, value, zone)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(t))
	case base64s:
		b, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return errBase64
		}
		v.SetBytes(b)
	case nested:
		if isDeep(value) {
			return errNested
		}
		d := json.NewDecoder(strings.NewReader(value))
		d.DisallowUnknownFields()
		if err := d.Decode(v.Addr().Interface()); err != nil {
			// The decoder's message may hold a part of the value.
			return errNested
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return errNested
		}
	}
	return nil
}

// readMoment reads a time to the millisecond, which is how all are kept that are
// no options. A date alone is the end of that day, or its beginning where something
// starts.
func readMoment(name, value string, zone *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, value, zone)
	if err != nil || name == "expiry" || name == "expires" {
		t, err = translate.ParseDateTime(value, zone)
	}
	if t = t.UTC(); err == nil && (t.Year() < 1 || t.Year() > 9999) {
		// RFC 3339 has no other years.
		err = translate.ErrDateTime
	}
	if name != "startdate" {
		t = t.Truncate(time.Millisecond)
	}
	return t, err
}

// Equal reports whether two records would be written in the same way.
func Equal(a, b Record) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	var texts [2]strings.Builder
	for i, r := range []Record{a, b} {
		err := values(r, func(f *field, value string) error {
			_, err := fmt.Fprintf(&texts[i], "%s=%q\n", f.name, value)
			return err
		})
		if err != nil {
			return false
		}
	}
	return texts[0].String() == texts[1].String()
}

// ChangeTexts replaces each text of a record, those inside of JSON aside.
func ChangeTexts(r Record, change func(string) string) {
	v := reflect.ValueOf(r).Elem()
	for _, f := range shapes[r.Kind()].fields {
		if f.form == text {
			t := v.FieldByIndex(f.index)
			t.SetString(change(t.String()))
		}
	}
}
