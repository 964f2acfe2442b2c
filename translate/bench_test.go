package translate

import (
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// sample is a document of the size that the API's pages show.
const sample = `{"url":"https://example.com/a/long/path?with=a&query=string","status":"private","custom":"spring24","password":"mypass1234",
"expiry":"2030-11-11 12:00:00","type":"direct","metatitle":"Spring sale","metadescription":"Two weeks only","description":"For the flyer",
"pixels":[1,2,3,4],"domain":"https://links.example.com",
"geotarget":[{"location":"Canada","link":"https://example.ca"},{"location":"United States","link":"https://example.us"}],
"devicetarget":[{"device":"mobile","link":"https://m.example.com"},{"device":"desktop","link":"https://d.example.com"}]}`

func rules(name, kind string) Func {
	return func(p *Pass, v gjson.Result) {
		v.ForEach(func(_, entry gjson.Result) bool {
			p.Element()
			p.Raw(`{"key":`)
			p.String(Member(entry, name).String())
			p.Raw(`,"value":`)
			p.String(Member(entry, "link").String())
			p.Raw(`,"type":"` + kind + `"}`)
			return true
		})
	}
}

// BenchmarkTable_Apply measures a table like an adapter's: eleven renamed
// fields, a time, and two arrays that become one.
func BenchmarkTable_Apply(b *testing.B) {
	table := New(Refuse,
		Row{From: "url", To: "long_url"},
		Row{From: "custom", To: "alias"},
		Row{From: "password", To: "password"},
		Row{From: "expiry", To: "expires_at", Value: DateTime(time.UTC, time.UTC)},
		Row{From: "metatitle", To: "title"},
		Row{From: "metadescription", To: "description"},
		Row{From: "domain", To: "domain"},
		Row{From: "pixels", To: "pixels"},
		Row{From: "geotarget", To: "rules", Gather: true, Value: rules("location", "geo")},
		Row{From: "devicetarget", To: "rules", Gather: true, Value: rules("device", "device")},
		Row{From: "description", Emulated: true},
		Row{From: "type", Values: []string{"direct"}},
		Row{From: "status", Values: []string{"private"}},
	)
	src := []byte(sample)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := table.Apply(nil, src); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTable_ApplySame measures a table that only copies.
func BenchmarkTable_ApplySame(b *testing.B) {
	table := New(Refuse, Same("url", "custom", "password", "expiry", "metatitle", "metadescription", "domain", "pixels",
		"geotarget", "devicetarget", "description", "type", "status")...)
	src := []byte(sample)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := table.Apply(nil, src); err != nil {
			b.Fatal(err)
		}
	}
}
