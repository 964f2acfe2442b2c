package drift

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/linkquay/linkquay/api"
)

// check returns what one reply is noted for, as "path kind".
func check(reply string, want ...Field) (notes []string) {
	c := New("kr", Options{Observe: func(op api.Operation, field string, kind Kind) {
		if op != api.ListLinks {
			panic(op)
		}
		notes = append(notes, field+" "+string(kind))
	}})
	c.Check(api.ListLinks, gjson.Parse(reply), want)
	slices.Sort(notes)
	return notes
}

func TestCounter_Check(t *testing.T) {
	row := []Field{{Path: "data.urls[].id", Is: Number}, {Path: "data.urls[].alias", Is: Text}, {Path: "data.urls[].title", Is: Text, Optional: true}, {Path: "data.maxpage", Is: Number}}
	for _, c := range []struct {
		name, reply string
		want        []Field
		notes       []string
	}{
		{"whole", `{"data":{"urls":[{"id":1,"alias":"a"},{"id":2,"alias":"b","title":null}],"maxpage":1}}`, row, nil},
		{"other-order", `{"x":[1],"data":{"maxpage":1,"urls":[{"alias":"a","y":{},"id":1}]}}`, row, nil},
		{"no-rows", `{"data":{"urls":[],"maxpage":1}}`, row, nil},
		{"one-row-of-three", `{"data":{"urls":[{"id":1,"alias":"a"},{"id":"2","alias":"b"},{"id":"3"}],"maxpage":1}}`, row, []string{"data.urls[].alias missing", "data.urls[].id type"}},
		{"null", `{"data":{"urls":[{"id":null,"alias":"a","title":1}],"maxpage":1}}`, row, []string{"data.urls[].id missing", "data.urls[].title type"}},
		{"no-list", `{"data":{"maxpage":1}}`, row, []string{"data.urls[].alias missing", "data.urls[].id missing"}},
		{"list-is-null", `{"data":{"urls":null,"maxpage":1}}`, row, []string{"data.urls[].alias missing", "data.urls[].id missing"}},
		{"list-is-object", `{"data":{"urls":{"0":{"id":1}},"maxpage":1}}`, row, []string{"data.urls[].alias type", "data.urls[].id type", "data.urls[].title type"}},
		{"rows-are-numbers", `{"data":{"urls":[1,2],"maxpage":1}}`, row, []string{"data.urls[].alias type", "data.urls[].id type", "data.urls[].title type"}},
		{"no-parent", `{}`, row, []string{"data.maxpage missing", "data.urls[].alias missing", "data.urls[].id missing"}},
		{"parent-is-php-empty", `{"data":[ ]}`, row, []string{"data.maxpage missing", "data.urls[].alias missing", "data.urls[].id missing"}},
		{"parent-is-text", `{"data":"no"}`, row, []string{"data.maxpage type", "data.urls[].alias type", "data.urls[].id type", "data.urls[].title type"}},
		{"reply-is-list", `[1]`, []Field{{Path: "id", Is: Number}}, []string{"id type"}},
		{"reply-is-nothing", ``, []Field{{Path: "id", Is: Number}, {Path: "x", Optional: true}}, []string{"id missing"}},
		{"types", `{"a":"x","b":1.5,"c":true,"d":[],"e":{},"f":[],"g":false,"h":[1]}`, []Field{
			{Path: "a", Is: Text}, {Path: "b", Is: Number}, {Path: "c", Is: Boolean}, {Path: "d", Is: Array}, {Path: "e", Is: Object}, {Path: "f", Is: Object}, {Path: "g"}, {Path: "h", Is: Object},
		}, []string{"h type"}},
		{"other-types", `{"a":1,"b":"1","c":1,"d":{},"e":"","f":0}`, []Field{
			{Path: "a", Is: Text}, {Path: "b", Is: Number}, {Path: "c", Is: Boolean}, {Path: "d", Is: Array}, {Path: "e", Is: Object}, {Path: "f", Is: Object, Optional: true},
		}, []string{"a type", "b type", "c type", "d type", "e type", "f type"}},
		{"names-that-begin-alike", `{"url":"x","urls":1,"u":{"rl":2}}`, []Field{{Path: "url", Is: Text}, {Path: "urls", Is: Number}, {Path: "u.rl", Is: Number}, {Path: "u", Is: Object}, {Path: "ur"}}, []string{"ur missing"}},
		{"apart", `{"a":{"b":1,"d":"x"},"c":2}`, []Field{{Path: "a.b", Is: Number}, {Path: "c", Is: Number}, {Path: "a.d", Is: Number}}, []string{"a.d type"}},
		{"lists-of-values", `{"tags":["a",1],"rules":[[{"k":1}]]}`, []Field{{Path: "tags[]", Is: Text}, {Path: "rules[][].k", Is: Number}}, []string{"tags[] type"}},
		{"escaped", `{"\u0069d":1,"a.b":1,"":2}`, []Field{{Path: "id", Is: Number}}, nil},
		{"reply-of-rows", `[{"id":1},{}]`, []Field{{Path: "[].id", Is: Number}}, []string{"[].id missing"}},
	} {
		if notes := check(c.reply, c.want...); !slices.Equal(notes, c.notes) {
			t.Errorf("%s: noted %q; want %q", c.name, notes, c.notes)
		}
	}
}

// Of long lists the first rows are looked at; tables may be longer than a walk.
func TestCounter_CheckBounds(t *testing.T) {
	rows := func(n int) string { return "[" + strings.Repeat(`{"id":1},`, n) + "{}]" }
	field := Field{Path: "[].id", Is: Number}
	if notes := check(rows(maxRows-1), field); len(notes) != 1 {
		t.Errorf("the last row that is looked at was noted %q", notes)
	}
	if notes := check(rows(maxRows), field); len(notes) != 0 {
		t.Errorf("a row after the last was noted %q", notes)
	}
	var want []Field
	for i := range 2*maxFields + 5 {
		want = append(want, Field{Path: fmt.Sprintf("f%d", i), Is: Number})
	}
	if notes := check(`{"f0":1,"f100":1,"f130":"x"}`, want...); len(notes) != len(want)-2 || !slices.Contains(notes, "f130 type") {
		t.Errorf("%d of %d fields were noted", len(notes), len(want))
	}
}

// The first line comes at once, the next when a minute is over, with all that
// came since; then none until there is something to tell.
func TestCounter_Log(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logged := observer.New(zapcore.InfoLevel)
		c := New("kr", Options{Logger: zap.New(core)})
		start := time.Now()
		lines := func(want ...string) {
			t.Helper()
			var got []string
			for _, line := range logged.TakeAll() {
				if line.Level != zapcore.WarnLevel || line.ContextMap()["backend"] != "kr" {
					t.Errorf("line %+v", line)
				}
				for _, n := range line.ContextMap()["drift"].([]Count) {
					got = append(got, fmt.Sprintf("%s: %s %s %s %d", line.Time.Sub(start), n.Operation, n.Field, n.Kind, n.N))
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("logged %q; want %q", got, want)
			}
		}
		c.Note(api.GetLink, "id", Missing)
		lines("0s: getLink id missing 1")
		for range 3 {
			c.Note(api.GetLink, "id", Missing)
			c.Note(api.CreateLink, "", NotJSON)
		}
		time.Sleep(59 * time.Second)
		lines()
		time.Sleep(2 * time.Second)
		lines("1m0s: createLink  not_json 3", "1m0s: getLink id missing 3")
		time.Sleep(10 * time.Second)
		c.Note(api.GetLink, "id", Type)
		time.Sleep(time.Hour)
		lines("2m0s: getLink id type 1")
		c.Note(api.GetLink, "id", Type)
		lines("1h1m11s: getLink id type 1")
		time.Sleep(time.Hour)
		lines()

		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { c.Note(api.GetLink, "id", Type) })
		}
		wg.Wait()
		if n := logged.Len(); n != 1 {
			t.Errorf("%d lines for many that come at once; want 1", n)
		}
		time.Sleep(time.Hour)
		if got := c.Counts(); len(got) != 3 || got[0].N != 3 || got[1].N != 4 || got[2].N != 102 || got[2].Last.Sub(start) != 7271*time.Second {
			t.Errorf("counts = %+v", got)
		}
	})
}

func TestCounter_Counts(t *testing.T) {
	c := New("kr", Options{})
	var wg sync.WaitGroup
	for _, kind := range []Kind{Type, Missing, Value} {
		for range 2 {
			wg.Go(func() {
				for range 100 {
					c.Note(api.ListLinks, "b", kind)
					c.Note(api.GetLink, "c", kind)
					c.Note(api.ListLinks, "a", kind)
				}
			})
		}
	}
	wg.Wait()
	var got []string
	for _, n := range c.Counts() {
		n.Last = time.Time{}
		text, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(text))
	}
	if len(got) != 9 || got[0] != `{"operation":"getLink","field":"c","kind":"missing","count":200,"last":"0001-01-01T00:00:00Z"}` || !strings.Contains(got[3], `"a","kind":"missing"`) || !strings.Contains(got[8], `"b","kind":"value"`) {
		t.Errorf("counts = %s", strings.Join(got, "\n"))
	}
	var none *Counter
	none.Note(api.GetLink, "x", Type)
	none.Check(api.GetLink, gjson.Parse("{}"), []Field{{Path: "x"}})
	if none.Counts() != nil {
		t.Error("a nil counter counted")
	}
}

const link = `{"error":0,"id":1234,"details":{"id":1234,"shorturl":"https:\/\/short.example\/abcdefg","longurl":"https:\/\/example.com\/a\/rather\/long\/path?with=a&few=parameters","title":"An example of a page","description":"What the page is about, in a sentence of some words","location":{"canada":"https:\/\/example.com\/ca"},"device":{"iphone":"https:\/\/example.com\/iphone"},"date":"2030-01-02 03:04:05"},"data":{"clicks":120,"uniqueClicks":100,"topCountries":{"Canada":"50","Germany":"40","Brazil":"30"},"topReferrers":{"Direct":"90","https:\/\/example.com":"30"},"topBrowsers":{"Chrome":"60","Firefox":"60"},"topOs":{"Windows":"60","Linux":"60"}}}`

// BenchmarkCounter_Check is what a good reply costs: 650 bytes and 8 fields.
func BenchmarkCounter_Check(b *testing.B) {
	want := []Field{
		{Path: "error", Is: Number},
		{Path: "details.id", Is: Number},
		{Path: "details.shorturl", Is: Text},
		{Path: "details.longurl", Is: Text},
		{Path: "details.title", Is: Text, Optional: true},
		{Path: "details.date", Is: Text},
		{Path: "data.clicks", Is: Number},
		{Path: "data.topCountries", Is: Object},
	}
	c := New("kr", Options{})
	b.SetBytes(int64(len(link)))
	b.ReportAllocs()
	for b.Loop() {
		c.Check(api.GetLink, gjson.Parse(link), want)
	}
	if len(c.Counts()) != 0 {
		b.Fatal(c.Counts())
	}
}
