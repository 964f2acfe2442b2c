package translate

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// items writes an element of a gathered array for each of v's.
func items(p *Pass, v gjson.Result) {
	v.ForEach(func(_, e gjson.Result) bool {
		p.Element()
		p.Raw(`{"from":`)
		p.String(p.field)
		p.Raw(`,"value":` + e.Raw + `}`)
		return true
	})
}

func nothing(*Pass, gjson.Result) {}

func fixture(unknown Unknown) *Table {
	return New(unknown,
		Row{From: "url", To: "long_url"},
		Row{From: "address", To: "long_url"},
		Row{From: "expiry", To: "expires_at", Value: DateTime(time.UTC, time.FixedZone("", 3600))},
		Row{From: "geo", To: "rules", Gather: true, Value: items},
		Row{From: "device", To: "rules", Gather: true, Value: items},
		Row{From: "type", Values: []string{"direct", "1"}},
		Row{From: "mode", To: "mode", Values: []string{"a", "b"}},
		Row{From: "note", Emulated: true},
		Row{From: "image"},
		Row{From: "channel", Value: Named},
		Row{From: "languages", Value: NamedEach("language")},
		Row{From: "silent", To: "silent", Value: nothing},
		Row{From: "bad", To: "bad", Value: func(p *Pass, _ gjson.Result) { p.Invalid("[0].x", "must be better") }},
	)
}

func TestTable_Apply(t *testing.T) {
	for _, c := range []struct {
		name    string
		unknown Unknown
		src     string
		want    string
		losses  []Loss
		notes   []Note
	}{
		{name: "Empty", src: ` { } `, want: `{}`},
		{name: "Rename", src: `{"url" : "https://x/\u00e9" }`, want: `{"long_url":"https://x/\u00e9"}`},
		{name: "EscapedName", src: `{"\u0075rl":1}`, want: `{"long_url":1}`},
		{name: "FirstOfTwoNamesCounts", src: `{"address":1,"url":2}`, want: `{"long_url":1}`, notes: []Note{{"url", DuplicateField}}},
		{name: "FirstOfTwiceCounts", src: `{"url":1,"url":2}`, want: `{"long_url":1}`, notes: []Note{{"url", DuplicateField}}},
		{name: "DateTime", src: `{"expiry":"2030-01-01"}`, want: `{"expires_at":"2030-01-02 00:59:59"}`},
		{name: "Gather", src: `{"device":[1],"url":0,"geo":[2,3]}`, want: `{"long_url":0,"rules":[{"from":"device","value":1},{"from":"geo","value":2},{"from":"geo","value":3}]}`},
		{name: "GatherNothing", src: `{"device":[],"geo":[]}`, want: `{}`},
		{name: "GatherTwice", src: `{"geo":[],"geo":[1],"geo":[2]}`, want: `{"rules":[{"from":"geo","value":1}]}`, notes: []Note{{"geo", DuplicateField}}},
		{name: "DefaultIsNoLoss", src: `{"type":"direct","type":1,"mode":"a"}`, want: `{"mode":"a"}`},
		{name: "OtherValueIsLoss", src: `{"type":"splash","mode":"c"}`, want: `{}`, losses: []Loss{{"type", "splash"}, {"mode", "c"}}},
		{name: "Emulated", src: `{"note":"x"}`, want: `{}`},
		{name: "Refused", src: `{"image":"x"}`, want: `{}`, losses: []Loss{{Field: "image"}}},
		{name: "Named", src: `{"channel":4}`, want: `{}`, losses: []Loss{{"channel", "4"}}},
		{name: "NamedEmpty", src: `{"channel":{},"languages":[]}`, want: `{}`},
		{name: "NamedObject", src: `{"channel":{"a":1}}`, want: `{}`, losses: []Loss{{Field: "channel"}}},
		{name: "NamedEach", src: `{"languages":[{"language":"en"},{}]}`, want: `{}`, losses: []Loss{{"languages[0].language", "en"}, {"languages[1].language", ""}}},
		{name: "Silent", src: `{"silent":1,"url":2}`, want: `{"long_url":2}`},
		{name: "UnknownRefused", src: `{"x":1}`, want: `{}`, losses: []Loss{{"x", "1"}}},
		{name: "UnknownDropped", unknown: Drop, src: `{"x":1}`, want: `{}`, notes: []Note{{"x", UnknownField}}},
		{name: "UnknownKept", unknown: Keep, src: `{"x":{"a": 1},"url":2,"y":"é"}`, want: `{"x":{"a": 1},"long_url":2,"y":"é"}`},
		{name: "KeptTwice", unknown: Keep, src: `{"x":1,"\u0078":2}`, want: `{"x":1}`, notes: []Note{{"x", DuplicateField}}},
		{name: "KeptMeetsTarget", unknown: Keep, src: `{"long_url":1,"url":2}`, want: `{"long_url":2}`, notes: []Note{{"long_url", DuplicateField}}},
		{name: "KeptAwkward", unknown: Keep, src: `{"":1,"a\"b":2,"a.b":3}`, want: `{"":1,"a\"b":2,"a.b":3}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := fixture(c.unknown).Apply(nil, []byte(c.src))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(Outcome{Document: []byte(c.want), Losses: c.losses, Notes: c.notes}, got); diff != "" {
				t.Errorf("Apply(%s) (-want +got):\n%s", c.src, diff)
			}
		})
	}
}

func TestTable_ApplyAppends(t *testing.T) {
	got, err := fixture(Refuse).Apply([]byte("before "), []byte(`{"url":1}`))
	if err != nil || string(got.Document) != `before {"long_url":1}` {
		t.Errorf("Apply = %s, %v", got.Document, err)
	}
}

func TestTable_ApplyErrors(t *testing.T) {
	for _, src := range []string{`[]`, `1`, `"x"`, `null`, ``} {
		if _, err := fixture(Refuse).Apply(nil, []byte(src)); api.AsError(err).Code != api.Invalid {
			t.Errorf("Apply(%s) = %v; want Invalid", src, err)
		}
	}
	_, err := fixture(Refuse).Apply(nil, []byte(`{"bad":1,"expiry":"soon","x":1}`))
	coded, ok := errors.AsType[*api.Error](err)
	want := []api.FieldError{{Field: "bad[0].x", Message: "must be better"}, {Field: "expiry", Message: ErrDateTime.Error()}}
	if !ok || coded.Code != api.Invalid {
		t.Fatalf("Apply = %v; want Invalid", err)
	}
	if diff := cmp.Diff(want, coded.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestNew_Panics(t *testing.T) {
	many := make([]Row, maxRows+1)
	for i := range many {
		many[i].From = strings.Repeat("x", i+1)
	}
	for name, rows := range map[string][]Row{
		"TwoSources":     {{From: "a"}, {From: "a"}},
		"GatheredAndNot": {{From: "a", To: "x", Gather: true}, {From: "b", To: "x"}},
		"NotAndGathered": {{From: "a", To: "x"}, {From: "b", To: "x", Gather: true}},
		"TooMany":        many,
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("New did not panic")
				}
			}()
			New(Refuse, rows...)
		})
	}
}

func TestTable_Fields(t *testing.T) {
	table := fixture(Refuse)
	got := table.Fields([]string{"url", "type", "mode", "note", "image", "channel", "other"})
	want := map[string]api.FieldCapability{
		"url":     {Support: api.Native},
		"type":    {Support: api.Refused, Values: map[string]api.Support{"direct": api.Native, "1": api.Native}},
		"mode":    {Support: api.Refused, Values: map[string]api.Support{"a": api.Native, "b": api.Native}},
		"note":    {Support: api.Emulated},
		"image":   {Support: api.Refused},
		"channel": {Support: api.Refused},
		"other":   {Support: api.Refused},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Fields (-want +got):\n%s", diff)
	}
	if got := fixture(Keep).Fields([]string{"other"})["other"].Support; got != api.Native {
		t.Errorf("a kept field is %s; want native", got)
	}
	if got := table.Names(); len(got) != 13 || got[0] != "url" {
		t.Errorf("Names = %v", got)
	}
}
