package qr_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/qr"
)

const card = "BEGIN:VCARD\r\nVERSION:3.0\r\n"

var payloads = []struct{ name, kind, data, want string }{
	{"text", "text", `"Grüße, 서울\nline two"`, "Grüße, 서울\nline two"},
	{"text as object", "text", `{"text":" spaces stay "}`, " spaces stay "},
	{"text as number", "text", `12345678901234567890`, "12345678901234567890"},
	{"text as list of one", "text", `["one"]`, "one"},
	{"link", "link", `"https://google.com"`, "https://google.com"},
	{"link as object", "link", `{"url":"https://example.com/a?b=c#d"}`, "https://example.com/a?b=c#d"},
	{"link without change", "link", `" https://Example.com/%7Ea "`, "https://Example.com/%7Ea"},
	{"email", "email", `"a+b@example.com"`, "mailto:a+b@example.com"},
	{"email with scheme", "email", `"mailto:a@example.com?subject=x%20y"`, "mailto:a@example.com?subject=x%20y"},
	{
		"email as object", "email", `{"email":"a@example.com","subject":"Hi & bye?","body":"one\r\ntwo + é"}`,
		"mailto:a@example.com?subject=Hi%20%26%20bye%3F&body=one%0D%0Atwo%20%2B%20%C3%A9",
	},
	{"email by other names", "email", `{"to":"a@example.com","Subject":"","message":"x"}`, "mailto:a@example.com?body=x"},
	{"email as list", "email", `["a@example.com","s","b"]`, "mailto:a@example.com?subject=s&body=b"},
	{"email with percent", "email", `"a%b@example.com"`, "mailto:a%25b@example.com"},
	{"phone", "phone", `"+82 (2) 1234-5678"`, "tel:+82212345678"},
	{"phone as number", "phone", `821012345678`, "tel:821012345678"},
	{"phone as service code", "phone", `{"number":"*123#"}`, "tel:*123%23"},
	{"phone with scheme", "phone", `"tel:+1-201-555-0123"`, "tel:+12015550123"},
	{"sms", "sms", `"+8210 1234 5678"`, "SMSTO:+821012345678"},
	{"sms as object", "sms", `{"phone":"010-1234-5678","message":"a:b;c"}`, "SMSTO:01012345678:a:b;c"},
	{"sms by other names", "sms", `{"number":"123","body":"x"}`, "SMSTO:123:x"},
	{"sms as code", "sms", `"smsto:123:hi"`, "SMSTO:123:hi"},
	{"sms as list", "sms", `["123","hi"]`, "SMSTO:123:hi"},
	{
		"wifi", "wifi", `{"ssid":"Café; \"5\\G\", a:b","password":"p;w:1,\\\"","encryption":"WPA"}`,
		`WIFI:T:WPA;S:Café\; \"5\\G\"\, a\:b;P:p\;w\:1\,\\\";;`,
	},
	{"wifi hidden", "wifi", `{"ssid":"n","pass":"12345678","type":"wpa2","hidden":true}`, "WIFI:T:WPA;S:n;P:12345678;H:true;;"},
	{"wifi hidden in PHP", "wifi", `{"ssid":"n","pass":"12345678","security":"WEP","hidden":"1"}`, "WIFI:T:WEP;S:n;P:12345678;H:true;;"},
	{"wifi open", "wifi", `{"ssid":"n","encryption":"none","password":"","hidden":"0"}`, "WIFI:T:nopass;S:n;;"},
	{"wifi without encryption", "wifi", `{"ssid":"n"}`, "WIFI:T:nopass;S:n;;"},
	{"wifi password alone", "wifi", `{"ssid":"n","password":" two spaces "}`, "WIFI:T:WPA;S:n;P: two spaces ;;"},
	{"wifi as list of objects", "wifi", `[{"ssid":"n"},{"password":"12345678"}]`, "WIFI:T:WPA;S:n;P:12345678;;"},
	{"wifi as code", "wifi", `"wifi:S:n;T:WPA;P:x;;"`, "WIFI:S:n;T:WPA;P:x;;"},
	{
		"vcard", "vcard", `{"fname":"Ada","lname":"Byron; King","org":"A, B\\C","title":"Countess","cell":"+44 1","phone":"2","work":"3","fax":"4",
		"email":"ada@example.com","website":"example.com/a,b","street":"1 St James's Sq","city":"London","state":"","zip":"SW1Y","country":"UK",
		"note":"one\ntwo","twitter":"https://x.example/ada"}`,
		card + "N:Byron\\; King;Ada;;;\r\nFN:Ada Byron\\; King\r\nORG:A\\, B\\\\C\r\nTITLE:Countess\r\nTEL;TYPE=CELL:+441\r\nTEL;TYPE=VOICE:2\r\n" +
			"TEL;TYPE=WORK:3\r\nTEL;TYPE=FAX:4\r\nEMAIL;TYPE=INTERNET:ada@example.com\r\nURL:https://example.com/a,b\r\n" +
			"ADR;TYPE=WORK:;;1 St James's Sq;London;;SW1Y;UK\r\nX-SOCIALPROFILE;TYPE=twitter:https://x.example/ada\r\nNOTE:one\\ntwo\r\nEND:VCARD\r\n",
	},
	{"vcard by other names", "vcard", `{"first_name":"Ada","Last Name":"King","company":"C"}`, card + "N:King;Ada;;;\r\nFN:Ada King\r\nORG:C\r\nEND:VCARD\r\n"},
	{"vcard with a full name", "vcard", `{"name":"Ada Augusta King"}`, card + "N:King;Ada Augusta;;;\r\nFN:Ada Augusta King\r\nEND:VCARD\r\n"},
	{"vcard with one word", "vcard", `{"name":"홍길동"}`, card + "N:;홍길동;;;\r\nFN:홍길동\r\nEND:VCARD\r\n"},
	{"vcard of a company", "vcard", `{"org":"C"}`, card + "N:;;;;\r\nFN:C\r\nORG:C\r\nEND:VCARD\r\n"},
	{"vcard cannot be left", "vcard", `{"name":"x","note":"a\r\nEND:VCARD\rb"}`, card + "N:;x;;;\r\nFN:x\r\nNOTE:a\\nEND:VCARD\\nb\r\nEND:VCARD\r\n"},
	{"vcard as code", "vcard", `"BEGIN:VCARD\nFN:x\nEND:VCARD\n"`, "BEGIN:VCARD\r\nFN:x\r\nEND:VCARD\r\n"},
	{"same value twice", "email", `{"email":"a@example.com","to":"a@example.com"}`, "mailto:a@example.com"},
	{"empty unknown part", "sms", `{"phone":"1","campaign":"","other":null}`, "SMSTO:1"},
}

func TestPayload(t *testing.T) {
	for _, tt := range payloads {
		t.Run(tt.name, func(t *testing.T) {
			got, err := qr.Payload(tt.kind, []byte(tt.data))
			if err != nil || got != tt.want {
				t.Errorf("Payload(%s, %s) = %q, %v; want %q", tt.kind, tt.data, got, err, tt.want)
			}
		})
	}
}

func TestPayload_refuses(t *testing.T) {
	for _, tt := range []struct{ name, kind, data, field, message string }{
		{"unknown type", "fax", `"x"`, "type", "must be one of text, vcard, link, email, phone, sms, wifi"},
		{"no data", "text", ``, "data", "Invalid QR format or missing data."},
		{"null", "text", `null`, "data", "Invalid QR format or missing data."},
		{"empty text", "text", `" "`, "data", "Invalid QR format or missing data."},
		{"empty list", "wifi", `[]`, "data", "Invalid QR format or missing data."},
		{"empty object", "wifi", `{}`, "data", "Invalid QR format or missing data."},
		{"not JSON", "text", `{"text"`, "data", "must be JSON"},
		{"NUL in text", "text", `"a\u0000b"`, "data", "control characters"},
		{"NUL in part", "sms", `{"phone":"1","message":"a\u0007"}`, "data.message", "control characters"},
		{"unknown part", "sms", `{"phone":"1","body":"x","fax":"2"}`, "data", "may have phone, message only"},
		{"nested part", "sms", `{"phone":{"a":1}}`, "data.phone", "must be a text"},
		{"two values", "sms", `{"phone":"1","number":"2"}`, "data.number", "says something else than data.phone"},
		{"list too long", "sms", `["1","2","3"]`, "data", "may list phone, message"},
		{"list in a list", "text", `[["one"]]`, "data", "must be a text or an object with text"},
		{"list in a list of some order", "sms", `[["1"]]`, "data", "may list phone, message"},
		{"list of parts without order", "wifi", `["net","password"]`, "data", "must be a text or an object with ssid"},
		{"relative link", "link", `"example.com/x"`, "data", "Please enter a valid URL."},
		{"relative link in object", "link", `{"url":"/x"}`, "data.url", "Please enter a valid URL."},
		{"link of a scheme alone", "link", `"https:"`, "data", "Please enter a valid URL."},
		{"no address", "email", `{"subject":"x"}`, "data.email", "is required"},
		{"not an address", "email", `{"to":"nobody"}`, "data.to", "must be an e-mail address"},
		{"address with a name", "email", `"Ada <ada@example.com>"`, "data", "must be an e-mail address"},
		{"two header lines", "email", `"a@example.com\r\nBcc: b@example.com"`, "data", "must be an e-mail address"},
		{"no number", "phone", `"call me"`, "data", "telephone number"},
		{"no digit", "phone", `{"tel":"+"}`, "data.tel", "telephone number"},
		{"too many digits", "phone", `"` + strings.Repeat("1", 33) + `"`, "data", "telephone number"},
		{"plus within", "sms", `{"phone":"1+2"}`, "data.phone", "telephone number"},
		{"no network", "wifi", `{"password":"12345678"}`, "data.ssid", "is required"},
		{"network too long", "wifi", `{"ssid":"` + strings.Repeat("ü", 17) + `"}`, "data.ssid", "at most 32 bytes"},
		{"network of two lines", "wifi", `{"ssid":"a\nb"}`, "data.ssid", "must be one line"},
		{"no password", "wifi", `{"ssid":"n","type":"wpa"}`, "data.password", "is required"},
		{"password for nothing", "wifi", `{"ssid":"n","pass":"x","type":"none"}`, "data.pass", "must be empty"},
		{"enterprise", "wifi", `{"ssid":"n","pass":"x","security":"wpa2-eap"}`, "data.security", "must be wpa, wep or none"},
		{"half hidden", "wifi", `{"ssid":"n","hidden":"maybe"}`, "data.hidden", "must be true or false"},
		{"wifi as text", "wifi", `"my network"`, "data", "must be an object"},
		{"vcard as text", "vcard", `"Ada"`, "data", "must be an object"},
		{"vcard without a name", "vcard", `{"city":"London"}`, "data.name", "is required"},
		{"vcard with a bad number", "vcard", `{"name":"x","mobile":"y"}`, "data.mobile", "telephone number"},
		{"vcard with a bad address", "vcard", `{"name":"x","email":"y"}`, "data.email", "must be an e-mail address"},
		{"vcard with a bad site", "vcard", `{"name":"x","site":"a b"}`, "data.site", "must be a web address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := qr.Payload(tt.kind, []byte(tt.data))
			wantInvalid(t, err, tt.field, tt.message)
			if got != "" {
				t.Errorf("Payload(%s, %s) = %q beside an error", tt.kind, tt.data, got)
			}
		})
	}
}

// wantInvalid checks that err is an Invalid error about the field whose message
// holds the given words.
func wantInvalid(t *testing.T, err error, field, words string) {
	t.Helper()
	e, ok := errors.AsType[*api.Error](err)
	if !ok || e.Code != api.Invalid || len(e.Fields) != 1 {
		t.Fatalf("error is %v; want Invalid about %s", err, field)
	}
	if f := e.Fields[0]; f.Field != field || !strings.Contains(f.Message, words) {
		t.Errorf("error is about %s: %q; want %s: %q", f.Field, f.Message, field, words)
	}
}

func FuzzPayload(f *testing.F) {
	for _, tt := range payloads {
		f.Add(tt.kind, []byte(tt.data))
	}
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		payload, err := qr.Payload(kind, data)
		if err == nil && payload == "" {
			t.Errorf("Payload(%q, %q) is empty", kind, data)
		}
		if e, ok := errors.AsType[*api.Error](err); err != nil && (!ok || e.Code != api.Invalid || len(e.Fields) == 0) {
			t.Errorf("Payload(%q, %q): %v; want Invalid and a field", kind, data, err)
		}
		if kind == "vcard" && err == nil && strings.Count(payload, "\r\nEND:VCARD\r\n") != 1 && data[0] == '{' {
			t.Errorf("Payload(%q) = %q ends more than once", data, payload)
		}
	})
}
