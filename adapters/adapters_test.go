package adapters

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

func TestLosses(t *testing.T) {
	losses := []translate.Loss{{Field: "devicetarget[0].device", Value: "iPhone"}, {Field: "deeplink"}}
	warnings, err := Losses(Warn, "dg", losses)
	if err != nil || len(warnings) != 2 {
		t.Fatalf("Losses(warn) = %v, %v", warnings, err)
	}
	want := api.FieldError{Field: "devicetarget[0].device", Message: `with the value "iPhone" is not supported by the backend "dg"`}
	if warnings[0] != want {
		t.Errorf("Losses(warn)[0] = %v; want %v", warnings[0], want)
	}
	_, err = Losses(Reject, "dg", losses)
	coded := api.AsError(err)
	if coded.Code != api.Unsupported || coded.Message != `devicetarget[0].device with the value "iPhone" is not supported by the backend "dg".` || len(coded.Fields) != 2 {
		t.Errorf("Losses(reject) = %v", coded)
	}
	if warnings, err := Losses(Reject, "dg", nil); warnings != nil || err != nil {
		t.Errorf("Losses of nothing = %v, %v", warnings, err)
	}
}

// TestLosses_Bounded: neither long values nor many fields make a long answer.
func TestLosses_Bounded(t *testing.T) {
	losses := make([]translate.Loss, 500)
	for i := range losses {
		losses[i] = translate.Loss{Field: "x", Value: strings.Repeat("é", 1000)}
	}
	warnings, err := Losses(Warn, "dg", losses)
	if err != nil || len(warnings) != maxLosses {
		t.Fatalf("%d warnings, %v; want %d", len(warnings), err, maxLosses)
	}
	if m := warnings[0].Message; len(m) > 200 || !utf8.ValidString(m) {
		t.Errorf("message of %d bytes, valid UTF-8: %v", len(m), utf8.ValidString(m))
	}
}

// TestLosses_EachField: however many there are, no field is left out.
func TestLosses_EachField(t *testing.T) {
	losses := make([]translate.Loss, 0, 2*maxLosses)
	for i := range maxLosses {
		losses = append(losses, translate.Loss{Field: fmt.Sprintf("geotarget[%d].location", i)}, translate.Loss{Field: fmt.Sprintf("f%d", i)})
	}
	warnings, err := Losses(Warn, "dg", losses)
	for i := range maxLosses {
		if !slices.ContainsFunc(warnings, func(w api.FieldError) bool { return w.Field == fmt.Sprintf("f%d", i) }) {
			t.Errorf("f%d is not among %v, %v", i, warnings, err)
		}
	}
}

func TestPage(t *testing.T) {
	for _, c := range []struct {
		query                      string
		total                      int
		offset, perPage, page, max int
		next                       int // 0 for none
	}{
		{"", 0, 0, 15, 1, 0, 0},
		{"", 15, 0, 15, 1, 1, 0},
		{"", 16, 0, 15, 1, 2, 2},
		{"limit=5&page=2", 12, 5, 5, 2, 3, 3},
		{"limit=5&page=3", 12, 10, 5, 3, 3, 0},
		{"limit=5&page=9", 12, 40, 5, 9, 3, 0},
		{"limit=1000&page=9007199254740991", 1, 9007199254740990000, 1000, 9007199254740991, 1, 0},
	} {
		query, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		p := PageOf(query)
		g := p.Of(c.total)
		next := 0
		if g.NextPage != nil {
			next = *g.NextPage
		}
		if p.Offset() != c.offset || g.PerPage != c.perPage || g.CurrentPage != c.page || g.MaxPage != c.max || next != c.next || g.Result != c.total {
			t.Errorf("%q of %d = %+v, offset %d, next %d", c.query, c.total, g, p.Offset(), next)
		}
	}
}

func TestShortOf(t *testing.T) {
	for short, want := range map[string]string{
		"abc":                        "abc",
		" https://x.example/abc?a#b": "https://x.example/abc",
		"abc#b?c":                    "abc",
	} {
		if got := ShortOf(url.Values{"short": {short}}); got != want {
			t.Errorf("ShortOf(%q) = %q; want %q", short, got, want)
		}
	}
}

func TestLostQuery(t *testing.T) {
	query := url.Values{"limit": {"5"}, "externalid": {"order-1"}, "dimension": {"countries"}}
	got := LostQuery(query, "limit", "page")
	want := []translate.Loss{{Field: "dimension", Value: "countries"}, {Field: "externalid", Value: "order-1"}}
	if !slices.Equal(got, want) {
		t.Errorf("LostQuery = %v; want %v", got, want)
	}
	if got := LostQuery(nil, "limit"); got != nil {
		t.Errorf("LostQuery of nothing = %v", got)
	}
}

func TestMissed(t *testing.T) {
	if got := string(Missed(`not "there"`).Document); got != `{"error":1,"message":"not \"there\"","msg":"not \"there\""}` {
		t.Errorf("Missed = %s", got)
	}
}
