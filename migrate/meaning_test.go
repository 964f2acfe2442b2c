package migrate_test

import (
	"slices"
	"testing"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/migrate"
)

func TestDifferences(t *testing.T) {
	for _, c := range []struct {
		name      string
		kind      adapters.Kind
		want, got adapters.Record
		different []string
	}{
		{name: "the same", want: doc(`{"url":"https://a.example/x","custom":"abc"}`), got: doc(`{"custom":"abc","url":"https://a.example/x"}`)},
		{name: "spelling of addresses", want: doc(`{"url":"https://A.example:443/"}`), got: doc(`{"url":"https://a.example"}`)},
		{name: "foreign addresses", want: doc(`{"url":"https://bücher.example/ü"}`), got: doc(`{"url":"https://xn--bcher-kva.example/%C3%BC"}`)},
		{name: "another path", want: doc(`{"url":"https://a.example/x"}`), got: doc(`{"url":"https://a.example/X"}`), different: []string{"url"}},
		{name: "an escaped slash", want: doc(`{"url":"https://a.example/x%2Fy"}`), got: doc(`{"url":"https://a.example/x/y"}`), different: []string{"url"}},
		{name: "case of aliases", want: doc(`{"custom":"abc"}`), got: doc(`{"custom":"Abc"}`), different: []string{"custom"}},
		{name: "defaults", want: doc(`{}`), got: doc(`{"type":"direct","status":"private","redirectcode":302,"forwardquery":false,"disabled":false,"clicklimit":0,"metatitle":"","pixels":[],"deeplink":{"auto":false},"expiry":null}`)},
		{name: "no default", want: doc(`{}`), got: doc(`{"redirectcode":301,"status":"public"}`), different: []string{"redirectcode", "status"}},
		{
			name: "countries, in another order",
			want: doc(`{"geotarget":[{"location":"South Korea","link":"https://a.example/kr"},{"location":"us","link":"https://a.example/us"}]}`),
			got:  doc(`{"geotarget":[{"location":"United States","link":"https://a.example/us"},{"location":"KR","link":"https://a.example/kr"}]}`),
		},
		{
			name:      "a rule too few",
			want:      doc(`{"geotarget":[{"location":"KR","link":"https://a.example/kr"},{"location":"US","link":"https://a.example/us"}]}`),
			got:       doc(`{"geotarget":[{"location":"KR","link":"https://a.example/kr"}]}`),
			different: []string{"geotarget"},
		},
		{
			name: "the first of two rules counts",
			want: doc(`{"devicetarget":[{"device":"iPhone","link":"https://a.example/1"},{"device":"iphone","link":"https://a.example/2"}]}`),
			got:  doc(`{"devicetarget":[{"device":"iphone","link":"https://a.example/1"}]}`),
		},
		{name: "other names", want: doc(`{"devicetarget":[{"device":"Mac OS X","link":"https://a.example"}],"languagetarget":[{"language":"pt_BR","link":"https://a.example"}]}`), got: doc(`{"devicetarget":[{"device":"macOS","link":"https://a.example"}],"languagetarget":[{"language":"pt-br","link":"https://a.example"}]}`)},
		{name: "seconds of expiry", want: doc(`{"expiry":"2030-01-01T23:59:59Z"}`), got: doc(`{"expiry":"2030-01-02T08:59:00+09:00"}`)},
		{name: "another expiry", want: doc(`{"expiry":"2030-01-01T23:59:59Z"}`), got: doc(`{"expiry":"2030-01-01T23:58:59Z"}`), different: []string{"expiry"}},
		{name: "no expiry", want: doc(`{"expiry":"2030-01-01T23:59:59Z"}`), got: doc(`{}`), different: []string{"expiry"}},
		{name: "pixels in another order", want: doc(`{"pixels":[2,1]}`), got: doc(`{"pixels":[1,2]}`)},
		{name: "parameters", want: doc(`{"parameters":[{"name":"a","value":"1"}]}`), got: doc(`{"parameters":[{"name":"a","value":"2"}]}`), different: []string{"parameters"}},
		{name: "line ends", want: doc(`{"metadescription":" a\r\nb"}`), got: doc(`{"metadescription":"a\nb"}`)},
		{name: "deep links", want: doc(`{"deeplink":{"auto":true,"apple":""}}`), got: doc(`{"deeplink":{"auto":true}}`)},
		{name: "domains", want: doc(`{"domain":"https://Go.example.com"}`), got: doc(`{"domain":"go.example.com"}`)},
		{name: "another domain", want: doc(`{"domain":"go.example.com"}`), got: doc(`{}`), different: []string{"domain"}},
		{name: "untold at the source", want: adapters.Record{Document: []byte(`{}`), Untold: []string{"languagetarget"}}, got: doc(`{"languagetarget":[{"language":"en","link":"https://a.example"}]}`)},
		{name: "untold at the target", want: doc(`{"type":"frame"}`), got: adapters.Record{Document: []byte(`{}`), Untold: []string{"type"}}},
		{name: "channels", want: adapters.Record{Document: []byte(`{"channel":2}`), Channels: []int64{1}}, got: adapters.Record{Document: []byte(`{}`), Channels: []int64{2, 1}}},
		{name: "a channel too few", want: adapters.Record{Document: []byte(`{}`), Channels: []int64{1, 2}}, got: adapters.Record{Document: []byte(`{}`), Channels: []int64{2}}, different: []string{"channel"}},
		{name: "a password", want: adapters.Record{Document: []byte(`{}`), Protected: true}, got: doc(`{}`), different: []string{"password"}},
		{name: "another password", want: adapters.Record{Document: []byte(`{}`), PasswordHash: "a"}, got: adapters.Record{Document: []byte(`{}`), PasswordHash: "b"}, different: []string{"password"}},
		{name: "an untold password", want: adapters.Record{Document: []byte(`{}`), Untold: []string{"password"}}, got: adapters.Record{Document: []byte(`{}`), Protected: true}},
		{name: "counts and dates", want: adapters.Record{Document: []byte(`{}`), Clicks: 7, ID: 1}, got: adapters.Record{Document: []byte(`{}`), ID: 2}},
		{name: "an overlay's default", kind: adapters.KindOverlay, want: doc(`{"type":"message","position":"bottomright"}`), got: doc(`{}`)},
		{name: "the type of a pixel", kind: adapters.KindPixel, want: doc(`{"type":"direct"}`), got: doc(`{}`), different: []string{"type"}},
		{name: "seconds of a splash page", kind: adapters.KindSplash, want: doc(`{"counter":10}`), got: doc(`{}`)},
		{name: "no seconds", kind: adapters.KindSplash, want: doc(`{"counter":0}`), got: doc(`{}`), different: []string{"counter"}},
		{name: "data of a code", kind: adapters.KindQR, want: doc(`{"type":"wifi","data":{"ssid":"a","encryption":"wpa"}}`), got: doc(`{"type":"wifi","data":{"encryption":"wpa","ssid":"a"}}`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.kind == "" {
				c.kind = adapters.KindLink
			}
			c.want.Kind, c.got.Kind = c.kind, c.kind
			if got := migrate.Differences(&c.want, &c.got); !slices.Equal(got, c.different) {
				t.Errorf("different are %q; want %q", got, c.different)
			}
			if got := migrate.Differences(&c.got, &c.want); !slices.Equal(got, c.different) {
				t.Errorf("the other way round different are %q; want %q", got, c.different)
			}
		})
	}
}

// TestDifferencesDescribed lets a place describe a link that was given no words of
// its own.
func TestDifferencesDescribed(t *testing.T) {
	none, empty := adapters.Record{Kind: adapters.KindLink, Document: []byte(`{}`)}, adapters.Record{Kind: adapters.KindLink, Document: []byte(`{"metatitle":""}`)}
	title := adapters.Record{Kind: adapters.KindLink, Document: []byte(`{"metatitle":"Example Domain","metadescription":"It is for examples."}`)}
	for name, c := range map[string]struct {
		want, got *adapters.Record
		different []string
	}{
		"never given": {&none, &title, nil},
		"taken away":  {&empty, &title, []string{"metatitle"}},
		"lost":        {&title, &none, []string{"metadescription", "metatitle"}},
	} {
		if got := migrate.Differences(c.want, c.got); !slices.Equal(got, c.different) {
			t.Errorf("%s: different are %q; want %q", name, got, c.different)
		}
	}
}

func doc(text string) adapters.Record { return adapters.Record{Document: []byte(text)} }
