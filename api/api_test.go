package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestSecret(t *testing.T) {
	const s = Secret("hunter2-hunter2")
	doc, err := json.Marshal(map[string]Secret{"key": s})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %q %s", s, s, s, s, s), string(doc), fmt.Sprintf("%+v", Key{Forwarded: s}), fmt.Sprintf("%#v", Key{Forwarded: s})} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("%s shows the secret", text)
		}
	}
	if s.Reveal() != "hunter2-hunter2" {
		t.Error("Reveal is not the secret")
	}
}

func TestScopes(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  Scopes
		text  string
	}{
		{nil, DefaultScopes, "read create write"},
		{[]string{"read"}, ScopeRead, "read"},
		{[]string{"write", "read"}, ScopeRead | ScopeWrite, "read write"},
		{[]string{"admin"}, ScopeAdmin, "admin"},
	} {
		got, err := ParseScopes(c.names...)
		if err != nil || got != c.want || got.String() != c.text {
			t.Errorf("ParseScopes(%q) = %v (%s), %v", c.names, got, got, err)
		}
	}
	if _, err := ParseScopes("read", "reed"); err == nil || !strings.Contains(err.Error(), `"reed"`) {
		t.Errorf("ParseScopes(reed) = %v", err)
	}
	if ScopeRead.Allow(ScopeCreate) || !ScopeAdmin.Allow(ScopeWrite) || !DefaultScopes.Allow(ScopeRead) || DefaultScopes.Allow(ScopeAdmin) {
		t.Error("Allow is wrong")
	}
}

func TestAsError(t *testing.T) {
	coded := Errorf(NotFound, "None.")
	for _, c := range []struct {
		err  error
		want Code
	}{
		{coded, NotFound},
		{fmt.Errorf("reading: %w", coded), NotFound},
		{fmt.Errorf("reading: %w", context.DeadlineExceeded), Unavailable},
		{context.Canceled, Unavailable},
		{errors.New("detail"), Internal},
	} {
		got := AsError(c.err)
		if got.Code != c.want || strings.Contains(got.Message, "detail") {
			t.Errorf("AsError(%v) = %v", c.err, got)
		}
	}
}

func TestSentence(t *testing.T) {
	for _, c := range []struct {
		f    FieldError
		want string
	}{
		{FieldError{"url", "Please enter a valid URL."}, "Please enter a valid URL."},
		{FieldError{"pixels[0]", "must be an integer"}, "pixels[0] must be an integer."},
		{FieldError{"", "too much"}, "too much"},
	} {
		if got := Sentence(c.f); got != c.want {
			t.Errorf("Sentence(%v) = %q; want %q", c.f, got, c.want)
		}
	}
}
