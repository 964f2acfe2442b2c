package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/api"
)

// secret stands in bad documents where a value does; no message may repeat it.
const secret = "hunter2"

const urlText = `"url":"https://example.com"`

func TestOperation_Validate(t *testing.T) {
	c := mustLoad(t)
	const (
		badURL  = "Please enter a valid URL."
		badHost = "A valid domain name is required."
		badQR   = "Invalid QR format or missing data"
		expiry  = "must be a date such as 2030-12-31, a date and time such as 2030-12-31 23:59:00, or one with a zone such as 2030-12-31T23:59:00Z"
		kind    = "must be direct, frame, splash, the number of a splash page, or overlay- and the number of an overlay"
	)
	for _, tt := range []struct {
		op       api.Operation
		document string
		want     []string // Field and message, divided by a bar.
	}{
		// The URL.
		{api.CreateLink, ``, []string{"url|" + badURL}},
		{api.CreateLink, `{}`, []string{"url|" + badURL}},
		{api.CreateLink, `{"url":""}`, []string{"url|" + badURL}},
		{api.CreateLink, `{"url":"hunter2"}`, []string{"url|" + badURL}},
		{api.CreateLink, `{"url":"//hunter2"}`, []string{"url|" + badURL}},
		{api.CreateLink, `{"url":"https://a/hunter2 b"}`, []string{"url|" + badURL}},
		{api.CreateLink, `{"url":"https://a/hunter2\n"}`, []string{"url|" + badURL}},
		{api.CreateLink, `{"url":"https://a/hunter2\u2028"}`, []string{"url|" + badURL}},
		{api.CreateLink, `{"url":" https://hunter2"}`, []string{"url|" + badURL}},
		{api.CreateLink, `{"url":null}`, []string{"url|must not be null"}},
		{api.CreateLink, `{"url":1}`, []string{"url|must be a string"}},
		{api.CreateLink, `{"url":["hunter2"]}`, []string{"url|must be a string"}},
		{api.CreateLink, `{"url":"https://` + strings.Repeat("a", 8185) + `"}`, []string{"url|must be at most 8192 characters long"}},
		{api.CreateLink, `{"url":"https://` + strings.Repeat("ä", 8184) + `"}`, nil},
		{api.CreateLink, `{"url":"myapp:hunter2"}`, nil},
		{api.CreateLink, `{"URL":"https://example.com"}`, []string{"url|" + badURL, "URL|is not a known field"}},

		// Scalars.
		{api.CreateLink, with(`"custom":"ab"`), []string{"custom|Custom alias must be at least 3 characters."}},
		{api.CreateLink, with(`"custom":""`), []string{"custom|Custom alias must be at least 3 characters."}},
		{api.CreateLink, with(`"custom":"` + strings.Repeat("a", 49) + `"`), nil},
		{api.CreateLink, with(`"custom":"` + strings.Repeat("a", 50) + `"`), []string{"custom|Custom alias must be less than 50 characters."}},
		{api.CreateLink, with(`"custom":"hunter2/.."`), []string{"custom|may hold letters, digits, - and _ only"}},
		{api.CreateLink, with(`"custom":"ä"`), []string{"custom|Custom alias must be at least 3 characters.", "custom|may hold letters, digits, - and _ only"}},
		{api.CreateLink, with(`"custom":"abc\n"`), []string{"custom|may hold letters, digits, - and _ only"}},
		{api.CreateLink, with(`"custom":123`), []string{"custom|must be a string"}},
		{api.CreateLink, with(`"type":"frame"`), nil},
		{api.CreateLink, with(`"type":"7"`), nil},
		{api.CreateLink, with(`"type":"overlay-7"`), nil},
		{api.CreateLink, with(`"type":7`), []string{"type|must be a string"}},
		{api.CreateLink, with(`"type":"hunter2"`), []string{"type|" + kind}},
		{api.CreateLink, with(`"type":"overlay-0"`), []string{"type|" + kind}},
		{api.CreateLink, with(`"type":"directhunter2"`), []string{"type|" + kind}},
		{api.CreateLink, with(`"password":""`), []string{"password|must not be empty"}},
		{api.CreateLink, with(`"password":"` + strings.Repeat("hunter2", 19) + `"`), []string{"password|must be at most 128 characters long"}},
		{api.CreateLink, with(`"password":{"hunter2":"hunter2"}`), []string{"password|must be a string"}},
		{api.CreateLink, with(`"domain":"go.example.com"`), nil},
		{api.CreateLink, with(`"domain":"https://go.example.com"`), nil},
		{api.CreateLink, with(`"domain":"https://go.example.com:8443/"`), nil},
		{api.CreateLink, with(`"domain":false`), []string{"domain|must be a string"}},
		{api.CreateLink, with(`"domain":"https://hunter2.com/path"`), []string{"domain|" + badHost}},
		{api.CreateLink, with(`"domain":"user@hunter2"`), []string{"domain|" + badHost}},
		{api.CreateLink, with(`"domain":"-hunter2"`), []string{"domain|" + badHost}},
		{api.CreateLink, with(`"domain":"ftp://hunter2"`), []string{"domain|" + badHost}},
		{api.CreateLink, with(`"expiry":"2030-12-31"`), nil},
		{api.CreateLink, with(`"expiry":"2030-12-31 23:59"`), nil},
		{api.CreateLink, with(`"expiry":"2030-12-31T23:59:59"`), nil},
		{api.CreateLink, with(`"expiry":"2030-12-31T23:59:59.5Z"`), nil},
		{api.CreateLink, with(`"expiry":"2030-12-31T23:59:59+09:00"`), nil},
		{api.CreateLink, with(`"expiry":"2020-11-11 12:00:00"`), nil},
		{api.CreateLink, with(`"expiry":""`), []string{"expiry|" + expiry}},
		{api.CreateLink, with(`"expiry":"hunter2"`), []string{"expiry|" + expiry}},
		{api.CreateLink, with(`"expiry":"2030-13-01"`), []string{"expiry|" + expiry}},
		{api.CreateLink, with(`"expiry":"2030-12-31 24:00"`), []string{"expiry|" + expiry}},
		{api.CreateLink, with(`"expiry":1924991999`), []string{"expiry|must be a string"}},
		{api.CreateLink, with(`"status":"hunter2"`), []string{"status|must be one of public, private"}},
		{api.CreateLink, with(`"status":null`), []string{"status|must not be null"}},
		{api.CreateLink, with(`"metatitle":"` + strings.Repeat("é", 255) + `"`), nil},
		{api.CreateLink, with(`"metatitle":"` + strings.Repeat("é", 256) + `"`), []string{"metatitle|must be at most 255 characters long"}},
		{api.CreateLink, with(`"metaimage":"hunter2.png"`), []string{"metaimage|" + badURL}},

		// Integers.
		{api.CreateLink, with(`"campaign":0`), []string{"campaign|must be at least 1"}},
		{api.CreateLink, with(`"campaign":-1`), []string{"campaign|must be at least 1"}},
		{api.CreateLink, with(`"campaign":"1"`), []string{"campaign|must be an integer"}},
		{api.CreateLink, with(`"campaign":1.5`), []string{"campaign|must be an integer"}},
		{api.CreateLink, with(`"campaign":1.0`), []string{"campaign|must be an integer"}},
		{api.CreateLink, with(`"campaign":1e2`), []string{"campaign|must be an integer"}},
		{api.CreateLink, with(`"campaign":1e400`), []string{"campaign|must be an integer"}},
		{api.UpdateLink, `{"campaign":-0}`, []string{"campaign|must be an integer"}},
		{api.CreateLink, with(`"campaign":9007199254740991`), nil},
		{api.CreateLink, with(`"campaign":9007199254740992`), []string{"campaign|must be at most 9007199254740991"}},
		{api.CreateLink, with(`"campaign":9007199254740993`), []string{"campaign|must be at most 9007199254740991"}},
		{api.CreateLink, with(`"campaign":1` + strings.Repeat("0", 400)), []string{"campaign|must be at most 9007199254740991"}},
		{api.CreateLink, with(`"campaign":true`), []string{"campaign|must be an integer"}},
		{api.CreateLink, with(`"pixels":[1,"hunter2",0,null]`), []string{"pixels[1]|must be an integer", "pixels[2]|must be at least 1", "pixels[3]|must not be null"}},
		{api.CreateLink, with(`"pixels":[` + strings.Repeat("1,", 100) + `1]`), []string{"pixels|must have at most 100 entries"}},
		{api.CreateLink, with(`"pixels":"1,2"`), []string{"pixels|must be an array"}},

		// Rules and other parts.
		{api.CreateLink, with(`"geotarget":{"location":"hunter2"}`), []string{"geotarget|must be an array"}},
		{api.CreateLink, with(`"geotarget":["hunter2"]`), []string{"geotarget[0]|must be an object"}},
		{
			api.CreateLink, with(`"geotarget":[{"location":"Canada","link":"https://example.com"},{"link":"hunter2"},{"location":1,"link":null,"hunter2":3}]`),
			[]string{"geotarget[1].link|" + badURL, "geotarget[1].location|is required", "geotarget[2].hunter2|is not a known field", "geotarget[2].link|must not be null", "geotarget[2].location|must be a string"},
		},
		{api.CreateLink, with(`"devicetarget":[{"device":"","link":"https://example.com"}]`), []string{"devicetarget[0].device|must not be empty"}},
		{api.CreateLink, with(`"languagetarget":[{"language":"fr"}]`), []string{"languagetarget[0].link|is required"}},
		{api.CreateLink, with(`"parameters":[{"name":"aff","value":3}]`), []string{"parameters[0].value|must be a string"}},
		{
			api.CreateLink, with(`"parameters":[{"device":"gtm_source","link":"hunter2"}]`),
			[]string{"parameters[0].device|is not a known field", "parameters[0].link|is not a known field", "parameters[0].name|is required", "parameters[0].value|is required"},
		},
		{api.CreateLink, with(`"deeplink":{"auto":"true","apple":""}`), []string{"deeplink.apple|" + badURL, "deeplink.auto|must be true or false"}},
		{api.CreateLink, with(`"deeplink":{"auto":true}`), nil},

		// Linkquay's own.
		{api.CreateLink, with(`"redirectcode":308,"clicklimit":1,"startdate":"2030-12-31","expiredurl":"https://example.com","externalid":"é 1","forwardquery":true,"disabled":true`), nil},
		{api.CreateLink, with(`"redirectcode":304,"clicklimit":0,"startdate":"hunter2","expiredurl":"hunter2","externalid":"hunter2\u0085","forwardquery":1`), []string{
			"redirectcode|must be one of 301, 302, 303, 307, 308", "clicklimit|must be at least 1", "startdate|" + expiry,
			"expiredurl|" + badURL, "externalid|must hold no control characters", "forwardquery|must be true or false",
		}},
		{api.CreateLink, with(`"redirectcode":"302","externalid":""`), []string{"redirectcode|must be one of 301, 302, 303, 307, 308", "externalid|must not be empty"}},
		{api.CreateLink, with(`"redirectcode":404`), []string{"redirectcode|must be one of 301, 302, 303, 307, 308"}},
		{api.UpdateLink, `{"redirectcode":301,"clicklimit":0,"startdate":"","expiredurl":"","externalid":"","forwardquery":false,"disabled":false}`, nil},

		// Unknown fields, in order and bounded.
		{api.CreateLink, `{"zeta":1,"status":1,"alpha":"hunter2","custom":1}`, []string{
			"url|" + badURL, "custom|must be a string", "status|must be one of public, private", "alpha|is not a known field", "zeta|is not a known field",
		}},
		{api.CreateLink, with(`"<b>\u0007ä":1`), []string{`"<b>\a\u00e4"|is not a known field`}},
		{api.CreateLink, with(`"url.x":1,"":2`), []string{`""|is not a known field`, `"url.x"|is not a known field`}},
		{api.CreateLink, with(`"` + strings.Repeat("k", 200) + `":1`), []string{strings.Repeat("k", 61) + "...|is not a known field"}},

		// Updates.
		{api.UpdateLink, ``, nil},
		{api.UpdateLink, `{}`, nil},
		{api.UpdateLink, `{"password":"","expiry":"","metatitle":"","metadescription":"","metaimage":"","description":"","channel":0,"campaign":0,"geotarget":[],"pixels":[],"deeplink":{}}`, nil},
		{api.UpdateLink, `{"url":"","campaign":-1}`, []string{"url|" + badURL, "campaign|must be at least 0"}},

		// Other documents.
		{api.UpdateAccount, `{"email":"hunter2"}`, []string{"email|must be an e-mail address"}},
		{api.CreateQRCode, `{}`, []string{"type|" + badQR, "data|" + badQR}},
		{api.CreateQRCode, `{"type":"hunter2","data":"x"}`, []string{"type|" + badQR}},
		{api.CreateQRCode, `{"type":"wifi","data":{"ssid":"hunter2","hidden":true,"n":1}}`, nil},
		{api.CreateQRCode, `{"type":"text","data":["hunter2"]}`, nil},
		{api.CreateQRCode, `{"type":"text","data":1}`, []string{"data|must be a text, an object or an array"}},
		{api.CreateQRCode, `{"type":"text","data":null}`, []string{"data|must not be null"}},
		{api.CreateQRCode, `{"type":"text","data":""}`, []string{"data|must not be empty"}},
		{api.CreateQRCode, `{"type":"text","data":{}}`, []string{"data|must not be empty"}},
		{api.CreateQRCode, `{"type":"wifi","data":{"ssid":["hunter2"],"a b":null}}`, []string{`data."a b"|must not be null`, "data.ssid|must be a text, an integer, true or false"}},
		{api.CreateQRCode, `{"type":"text","data":[1.5]}`, []string{"data[0]|must be an integer"}},
		{api.UpdateQRCode, `{"data":"x","background":"rgb(256,0,0)","foreground":"#00000g"}`, []string{"background|must be a colour such as rgb(255,255,255) or #ffffff", "foreground|must be a colour such as rgb(255,255,255) or #ffffff"}},
		{api.UpdateQRCode, `{"data":"x","background":"rgb(255, 0, 10)","foreground":"#A0b1c2"}`, nil},
		{api.CreateCampaign, `{}`, nil},
		{api.CreateCampaign, `{"public":1,"slug":"a/b"}`, []string{"slug|may hold letters, digits, - and _ only", "public|must be true or false"}},
		{api.UpdateCampaign, `{}`, nil},
		{api.UpdateQRCode, `{"name":"Flyer"}`, nil},
		{api.CreateChannel, `{"color":"red"}`, []string{"name|is required", "color|must be a colour such as #1a2b3c"}},
		{api.CreateDomain, `{"redirectroot":""}`, []string{"domain|" + badHost, "redirectroot|" + badURL}},
		{api.UpdateDomain, `{"redirectroot":"","redirect404":"hunter2"}`, []string{"redirect404|" + badURL}},
		{api.CreatePixel, `{"type":"hunter2","name":"n","tag":"a\"b"}`, []string{"type|Pixel provider is currently not supported.", "tag|must hold no spaces, quotes, brackets, ampersands or backslashes"}},
		{api.UpdatePixel, `{"type":"bing"}`, []string{"type|is not a known field"}},
		{api.CreateSplashPage, `{"title":"","message":"","button":""}`, []string{"name|is required"}},
		{api.CreateSplashPage, `{"name":"n","counter":61,"image":"","button":"` + strings.Repeat("é", 65) + `"}`, []string{
			"counter|must be at most 60", "image|" + badURL, "button|must be at most 64 characters long",
		}},
		{api.UpdateSplashPage, `{"counter":0,"image":"","title":""}`, nil},
		{api.UpdateSplashPage, `{"name":"","counter":-1}`, []string{"name|must not be empty", "counter|must be at least 0"}},
		{api.CreateOverlay, `{"name":"n","type":"poll","position":"left","link":"hunter2","email":"hunter2","background":"red"}`, []string{
			"type|must be one of message, contact", "link|" + badURL, "email|must be an e-mail address",
			"position|must be one of top, bottom, topleft, topright, bottomleft, bottomright", "background|must be a colour such as rgb(255,255,255) or #ffffff",
		}},
		{api.CreateOverlay, `{"name":"n","type":"contact","message":"m","label":"l","link":"https://example.com","button":"b","email":"a@b","position":"topleft","background":"#ffffff","foreground":"#000000"}`, nil},
		{api.UpdateOverlay, `{"link":"","email":"","message":""}`, nil},
		{api.UpdateOverlay, `{"type":"contact"}`, []string{"type|is not a known field"}},
		{api.GetLink, `hunter2`, nil}, // Takes no document.
	} {
		t.Run(fmt.Sprintf("%s %.60s", tt.op, tt.document), func(t *testing.T) {
			op := c.Operation(tt.op)
			err := op.Validate(&api.Call{Operation: tt.op, Document: []byte(tt.document)})
			if diff := cmp.Diff(tt.want, fieldErrors(t, err)); diff != "" {
				t.Error(diff)
			}
			if op.Body == JSONBody && tt.document != "" && op.checker.acceptsDocument([]byte(tt.document)) != (tt.want == nil) {
				t.Errorf("the checker accepts it: %t", tt.want != nil)
			}
		})
	}
}

// with returns a document of createLink with more fields.
func with(fields string) string { return "{" + urlText + "," + fields + "}" }

// fieldErrors returns the fields of an error and checks that it tells no value.
func fieldErrors(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*api.Error](err)
	if !ok || e.Code != api.Invalid {
		t.Fatalf("%T %v; want an *api.Error of code invalid", err, err)
	}
	if e.Err != nil {
		t.Errorf("the error has a cause, which can hold a value: %v", e.Err)
	}
	if strings.Contains(e.Message, secret) {
		t.Errorf("message %q repeats a value", e.Message)
	}
	var got []string
	for _, f := range e.Fields {
		if strings.Contains(f.Message, secret) {
			t.Errorf("message %q repeats a value", f.Message)
		}
		got = append(got, f.Field+"|"+f.Message)
	}
	return got
}

func TestOperation_Validate_Body(t *testing.T) {
	op := mustLoad(t).Operation(api.CreateLink)
	for name, tt := range map[string]struct{ document, want string }{
		"ErrArray":   {`[]`, "The body must be a JSON object."},
		"ErrText":    {`"hunter2"`, "The body must be a JSON object."},
		"ErrNull":    {`null`, "The body must be a JSON object."},
		"ErrDeep":    {with(`"deeplink":` + strings.Repeat("[", 40) + strings.Repeat("]", 40)), "The body is nested more than 32 levels deep."},
		"ErrMany":    {with(`"pixels":[` + strings.Repeat("0,", 20_000) + `0]`), "The body holds more than 10000 values."},
		"ErrDeepBig": {strings.Repeat("[", 1<<20), "The body must be a JSON object."},
	} {
		t.Run(name, func(t *testing.T) {
			err := op.Validate(&api.Call{Document: []byte(tt.document)})
			if e := api.AsError(err); e.Code != api.Invalid || (name != "ErrDeepBig" && e.Message != tt.want) {
				t.Errorf("Validate() = %v; want %q", err, tt.want)
			}
			if fields := api.AsError(err).Fields; name == "ErrMany" && (len(fields) != 1 || fields[0].Field != "pixels") {
				t.Errorf("Validate() = %v about %v; want it about pixels", err, fields)
			}
		})
	}
}

func TestOperation_Validate_Bound(t *testing.T) {
	var fields strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&fields, `"f%d":1,`, i)
	}
	err := mustLoad(t).Operation(api.CreateLink).Validate(&api.Call{Document: []byte(with(fields.String() + `"z":1`))})
	if got := fieldErrors(t, err); len(got) != maxProblems {
		t.Errorf("%d fields; want %d", len(got), maxProblems)
	}
}

func TestOperation_Validate_Query(t *testing.T) {
	c := mustLoad(t)
	for _, tt := range []struct {
		op    api.Operation
		query string
		want  []string
	}{
		{api.ListLinks, "", nil},
		{api.ListLinks, "limit=1000&page=3&order=click&q=a+b&short=https://s/x", nil},
		{api.ListLinks, "externalid=order%201042", nil},
		{api.ListLinks, "externalid=hunter2%0a", []string{"externalid|must hold no control characters"}},
		{api.GetLinkStatistics, "from=2030-12-01&to=2030-12-31T00:00:00Z&interval=hour&dimension=countries", nil},
		{api.GetLinkStatistics, "from=hunter2&interval=week&dimension=hunter2", []string{
			"from|must be a date such as 2030-12-31, a date and time such as 2030-12-31 23:59:00, or one with a zone such as 2030-12-31T23:59:00Z",
			"interval|must be one of hour, day", "dimension|must be one of countries, referrers, browsers, systems, devices, languages, social",
		}},
		{api.ListLinks, "limit=abc", []string{"limit|must be an integer"}},
		{api.ListLinks, "limit=", []string{"limit|must be an integer"}},
		{api.ListLinks, "limit=1.0", []string{"limit|must be an integer"}},
		{api.ListLinks, "limit=%2B5", []string{"limit|must be an integer"}},
		{api.ListLinks, "limit=010", []string{"limit|must be an integer"}},
		{api.ListLinks, "limit=1e2", []string{"limit|must be an integer"}},
		{api.ListLinks, "limit=0", []string{"limit|must be at least 1"}},
		{api.ListLinks, "limit=-1", []string{"limit|must be at least 1"}},
		{api.ListLinks, "limit=1001", []string{"limit|must be at most 1000"}},
		{api.ListLinks, "limit=9" + strings.Repeat("0", 400), []string{"limit|must be at most 1000"}},
		{api.ListLinks, "page=hunter2&limit=hunter2", []string{"limit|must be an integer", "page|must be an integer"}},
		{api.ListLinks, "limit=1&limit=1", []string{"limit|must be given once"}},
		{api.ListLinks, "order=hunter2", []string{"order|must be one of date, click"}},
		{api.ListLinks, "q=%00hunter2", []string{"q|must be text in UTF-8 without NUL characters"}},
		{api.ListLinks, "q=%ff", []string{"q|must be text in UTF-8 without NUL characters"}},
		{api.ListLinks, "unknown=%ff&unknown=2", nil},
		{api.UploadFile, "custom=ab&maxdownloads=0&expiry=hunter2&domain=a_b", []string{
			"custom|Custom alias must be at least 3 characters.",
			"domain|A valid domain name is required.",
			"expiry|must be a date such as 2030-12-31, a date and time such as 2030-12-31 23:59:00, or one with a zone such as 2030-12-31T23:59:00Z",
			"maxdownloads|must be at least 1",
		}},
	} {
		t.Run(tt.query, func(t *testing.T) {
			query, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			err = c.Operation(tt.op).Validate(&api.Call{Operation: tt.op, Query: query})
			if diff := cmp.Diff(tt.want, fieldErrors(t, err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestOperation_Validate_Concurrent is for the race detector.
func TestOperation_Validate_Concurrent(t *testing.T) {
	op := mustLoad(t).Operation(api.CreateLink)
	document := createLinkSample(t)
	for range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for range 50 {
				if err := op.Validate(&api.Call{Document: document}); err != nil {
					t.Fatal(err)
				}
				if err := op.Validate(&api.Call{Document: []byte(`{"url":1,"custom":"a!"}`)}); err == nil {
					t.Fatal("Validate() = nil; want an error")
				}
			}
		})
	}
}

// FuzzOperation_Validate feeds bytes that need not be JSON at all: there is no
// panic, and an error is a coded one. What is JSON and valid can be decoded by
// Go into fields of the contract's types.
func FuzzOperation_Validate(f *testing.F) {
	for _, seed := range []string{`{}`, with(`"custom":"a"`), with(`"pixels":[1.0,"x"]`), `{"type":"wifi","data":{"a":[]}}`, `{"a`, `[[`} {
		f.Add([]byte(seed))
	}
	operations := mustLoad(f).Operations()
	f.Fuzz(func(t *testing.T, document []byte) {
		for _, op := range operations {
			if err := op.Validate(&api.Call{Operation: op.ID, Document: document}); err != nil {
				fieldErrors(t, err)
				continue
			}
			if op.ID != api.UpdateLink || len(document) == 0 || WellFormed(document) != nil {
				continue
			}
			var link struct {
				Channel, Campaign *int64
				Pixels            []int64
				Deeplink          struct{ Auto bool }
				Geotarget         []struct{ Location, Link string }
			}
			if err := json.Unmarshal(document, &link); err != nil {
				t.Errorf("%q is valid, but %v", document, err)
			}
		}
	})
}
