package conformance_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

// value is one that the contract accepts of a field or a parameter.
type value struct {
	// raw is its JSON, with placeholders that [stand.fill] knows; of a query
	// parameter, its text.
	raw string

	// entry is what the capabilities call it: a scalar as text, what the entry of
	// an array is for, or the member of an object. N stands for a number.
	entry string

	// moot says that it asks for nothing: for what every link is without it.
	moot bool

	// clears says that it takes away what was there.
	clears bool

	// with are the members that it needs beside itself, as JSON.
	with string
}

// samples are values of open types, by field or by operation and field. The
// name of an entry follows from it.
var samples = map[string][]value{
	"url":      {{raw: `"https://example.com/$n"`}, {raw: `"http://example.org/$n?q=a%20b&r=%C3%BC#part"`}},
	"custom":   {{raw: `"$alias"`}},
	"type":     {{raw: `"direct"`}, {raw: `"frame"`}, {raw: `"splash"`}, {raw: `"$splash"`, entry: "N"}, {raw: `"overlay-$overlay"`, entry: "overlay-N"}},
	"password": {{raw: `"` + password + `"`}},
	"domain":   {{raw: `"$host"`}, {raw: `"https://$host"`}},
	"expiry":   {{raw: `"2037-12-31"`}, {raw: `"2037-12-31 23:58:57"`}, {raw: `"2037-12-31T12:00"`}, {raw: `"2037-12-31T23:58:57Z"`}, {raw: `"2037-12-31T23:58:57+09:00"`}},
	"geotarget": {
		{raw: `[{"location":"Canada","link":"https://example.ca/$n"}]`, entry: "Canada"},
		{raw: `[{"location":"KR","link":"https://example.kr/"},{"location":"South Africa","link":"https://example.za/"}]`, entry: "KR"},
	},
	"devicetarget":    devices("iPhone", "iPad", "Android", "Windows", "macOS", "Linux", "mobile", "tablet", "desktop"),
	"languagetarget":  {{raw: `[{"language":"fr","link":"https://example.fr/"}]`, entry: "fr"}, {raw: `[{"language":"de","link":"https://example.de/"}]`, entry: "de"}},
	"metatitle":       {{raw: `"Spring — \"sale\" 봄"`}},
	"metadescription": {{raw: `"Two weeks <only>."`}},
	"metaimage":       {{raw: `"https://example.com/preview.png"`}},
	"description":     {{raw: `"Printed on the May flyer."`}},
	"pixels":          {{raw: `[$pixel]`}},
	"channel":         {{raw: `$channel`}},
	"campaign":        {{raw: `$campaign`}},
	"deeplink": {
		{raw: `{}`, moot: true},
		{raw: `{"auto":false}`, moot: true},
		{raw: `{"auto":true}`, entry: "auto", with: `{"url":"https://apps.apple.com/app/id$n"}`},
		{raw: `{"apple":"https://apps.apple.com/app/id1"}`, entry: "apple"},
		{raw: `{"google":"https://play.google.com/store/apps/details?id=x"}`, entry: "google"},
	},
	"parameters": {
		{raw: `[{"name":"utm_source","value":"newsletter"}]`, entry: "utm_source"},
		{raw: `[{"name":"a","value":"b c"},{"name":"d","value":"é"}]`, entry: "a"},
	},
	"clicklimit": {{raw: `100`}},
	"startdate":  {{raw: `"2036-12-31"`}, {raw: `"2036-12-31 08:00:00"`}},
	"expiredurl": {{raw: `"https://example.com/over"`}},
	"externalid": {{raw: `"order-$n"`}},

	"email":                 {{raw: `"owner@example.com"`}},
	"name":                  {{raw: `"Name $n"`}},
	"slug":                  {{raw: `"slug-$n"`}},
	"public":                {{raw: `true`}, {raw: `false`}},
	"color":                 {{raw: `"#1a2b3c"`}, {raw: `"#abc"`}},
	"background":            {{raw: `"rgb(255,250,240)"`}, {raw: `"#fffaf0"`}},
	"foreground":            {{raw: `"rgb(10,20,30)"`}, {raw: `"#0a141e"`}},
	"logo":                  {{raw: `"https://example.com/logo.png"`}},
	"data":                  {{raw: `"https://example.com/$n"`}},
	"redirectroot":          {{raw: `"https://example.com/root"`}},
	"redirect404":           {{raw: `"https://example.com/missing"`}},
	"createDomain.domain":   {{raw: `"https://d$n.example.net"`}, {raw: `"http://d$n.example.net"`}, {raw: `"d$n.example.net"`}},
	"tag":                   {{raw: `"GTM-$n"`}},
	"title":                 {{raw: `"One moment"`}},
	"message":               {{raw: `"You are leaving us."`}},
	"counter":               {{raw: `0`}, {raw: `7`}},
	"image":                 {{raw: `"https://example.com/splash.png"`}},
	"button":                {{raw: `"Go on"`}},
	"label":                 {{raw: `"Sale"`}},
	"link":                  {{raw: `"https://example.com/offer"`}},
	"createOverlay.type":    {{raw: `"message"`}, {raw: `"contact"`, with: `{"email":"owner@example.com"}`}},
	"createQRCode.type":     codes,
	"updateQRCode.type":     codes,
	"uploadFile.name":       {{raw: `Menu $n`}},
	"uploadFile.custom":     {{raw: `$alias`}},
	"uploadFile.domain":     {{raw: `$host`}},
	"uploadFile.password":   {{raw: password}},
	"uploadFile.expiry":     {{raw: `2037-12-31`}, {raw: `2037-12-31 23:58:57`}},
	"maxdownloads":          {{raw: `3`}},
	"limit":                 {{raw: `1`}, {raw: `2`}},
	"page":                  {{raw: `1`}, {raw: `2`}},
	"short":                 {{raw: `full`}, {raw: `host`}, {raw: `alias`}},
	"q":                     {{raw: `needle`}, {raw: `NEEDLE`}},
	"listLinks.externalid":  {{raw: `order-needle`}},
	"listFiles.name":        {{raw: `needle`}},
	"from":                  {{raw: `$today`}, {raw: `$today 00:00:00`}},
	"to":                    {{raw: `$today`}, {raw: `$yesterday`}},
	"createLinks.urls":      {{raw: `[{"url":"https://example.com/$n"},{"url":"https://example.com/also/$n"}]`}},
	"createCampaign.public": {{raw: `true`}, {raw: `false`, moot: true}},
	"createChannel.starred": {{raw: `true`}, {raw: `false`, moot: true}},
}

// codes are the types of QR codes with data that is theirs.
var codes = []value{
	{raw: `"text"`, with: `{"data":"Hello"}`},
	{raw: `"vcard"`, with: `{"data":{"fname":"Ada","lname":"Lovelace","email":"ada@example.com"}}`},
	{raw: `"link"`, with: `{"data":"https://example.com/$n"}`},
	{raw: `"email"`, with: `{"data":["ada@example.com","Hello"]}`},
	{raw: `"phone"`, with: `{"data":"+4930123456"}`},
	{raw: `"sms"`, with: `{"data":{"phone":"+4930123456","message":"Hello"}}`},
	{raw: `"wifi"`, with: `{"data":{"ssid":"Guests","encryption":"nopass"}}`},
}

func devices(names ...string) (values []value) {
	for _, name := range names {
		values = append(values, value{raw: `[{"device":"` + name + `","link":"https://example.com/for-` + strings.ToLower(name) + `"}]`, entry: name})
	}
	return values
}

// valuesOf lists values that the contract accepts of a field or parameter: all
// of them where it counts them, and samples where it does not.
func valuesOf(tb testing.TB, op api.Operation, name string, schema gjson.Result) []value {
	tb.Helper()
	known, ok := samples[string(op)+"."+name]
	if !ok {
		known = samples[name]
	}
	var values []value
	add := func(v value) {
		for _, k := range known {
			if k.raw == v.raw {
				v = k
			}
		}
		if s := gjson.Parse(v.raw); v.entry == "" && gjson.Valid(v.raw) && !s.IsArray() && !s.IsObject() {
			v.entry = s.String()
		} else if v.entry == "" && schema.Get("in").Exists() {
			v.entry = v.raw
		}
		v.moot = v.moot || v.raw == schema.Get("default").Raw
		values = append(values, v)
	}
	kind := schema.Get("type").Str
	counted := true
	switch {
	case schema.Get("enum").Exists():
		for _, v := range schema.Get("enum").Array() {
			if schema.Get("in").Exists() {
				add(value{raw: v.String()})
				continue
			}
			add(value{raw: v.Raw})
		}
	case kind == "boolean":
		add(value{raw: "true"})
		add(value{raw: "false"})
	default:
		counted = false
		for _, v := range known {
			add(v)
		}
	}
	if len(values) == 0 {
		tb.Errorf("%s: there is no sample of %q: add one", op, name)
	}
	if counted || schema.Get("in").Exists() {
		return values
	}
	// What an update can take away, and a create can leave out.
	update := strings.HasPrefix(string(op), "update")
	nothing := value{moot: !update, clears: update}
	switch least := schema.Get("minLength"); {
	case kind == "array" && schema.Get("minItems").Int() == 0:
		nothing.raw = "[]"
	case kind == "object" && update:
		nothing.raw = "{}"
	case kind == "string" && !least.Exists() && update && accepts(tb, op, name, `""`):
		nothing.raw = `""`
	case kind == "integer" && update && schema.Get("minimum").Int() == 0:
		nothing.raw, nothing.entry = "0", "0"
	default:
		return values
	}
	for i := range values {
		if values[i].raw == nothing.raw {
			values[i] = nothing
			return values
		}
	}
	return append(values, nothing)
}

// accepts reports whether the contract accepts the value in an update.
func accepts(tb testing.TB, op api.Operation, name, raw string) bool {
	return mustContract(tb).Operation(op).Validate(&api.Call{Operation: op, Document: []byte(`{"` + name + `":` + raw + `}`)}) == nil
}

// schemas are those of the fields, query parameters and words in the path of an
// operation, in the contract's words; the last two have a member "in".
type schemas struct{ fields, query, path map[string]gjson.Result }

func schemasOf(tb testing.TB, op *openapi.Operation) schemas {
	tb.Helper()
	s := schemas{map[string]gjson.Result{}, map[string]gjson.Result{}, map[string]gjson.Result{}}
	root := gjson.ParseBytes(mustContract(tb).JSON())
	var resolve func(v gjson.Result) gjson.Result
	resolve = func(v gjson.Result) gjson.Result {
		if name, ok := strings.CutPrefix(v.Get("$ref").Str, "#/components/"); ok {
			return resolve(root.Get("components." + strings.ReplaceAll(name, "/", ".")))
		}
		return v
	}
	operation := root.Get("paths").Map()[op.Path].Get(strings.ToLower(op.Method))
	document := resolve(operation.Get("requestBody")).Get("content").Map()["application/json"]
	for name, schema := range resolve(document.Get("schema")).Get("properties").Map() {
		s.fields[name] = resolve(schema)
	}
	for _, p := range operation.Get("parameters").Array() {
		p = resolve(p)
		schema, in := resolve(p.Get("schema")), p.Get("in").Str
		marked, err := json.Marshal(map[string]any{"in": in})
		if err != nil {
			tb.Fatal(err)
		}
		with := gjson.ParseBytes(append(append(marked[:len(marked)-1], ','), schema.Raw[1:]...))
		switch {
		case in == "query":
			s.query[p.Get("name").Str] = with
		case in == "path" && schema.Get("enum").Exists():
			s.path[p.Get("name").Str] = with
		}
	}
	return s
}
