package native_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/qr"
)

func picture(t *testing.T, side int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	img.Set(1, 1, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestQRCodes_Types(t *testing.T) {
	s := newSite(t)
	for kind, data := range map[string]string{
		"text":  `"Some text"`,
		"link":  `"https://example.com/"`,
		"email": `{"email":"a@example.com","subject":"Hi"}`,
		"phone": `"+82 2 1234 5678"`,
		"sms":   `{"phone":"+8221234","message":"Hi"}`,
		"wifi":  `{"ssid":"Home","password":"secret secret","encryption":"wpa"}`,
		"vcard": `{"fname":"Ada","lname":"Lovelace","email":"ada@example.com"}`,
	} {
		created := s.do(api.CreateQRCode, in{body: body(`{'type':'%s','data':%s}`, kind, data)})
		code := s.do(api.GetQRCode, in{id: created.Get("id").Int()})
		s.expect(code.Get("details"), map[string]string{
			"type": quote(kind), "data": data, "link": created.Get("link").Raw, "scans": "0", "background": `""`, "logo": `""`,
		})
		if name := code.Get("details.name").String(); name == "" {
			t.Errorf("a code of type %s has no name", kind)
		}
	}
	s.expect(s.do(api.ListQRCodes, in{query: "limit=3"}), map[string]string{"data.result": "7", "data.qrs.#": "3", "data.qrs.0.id": "7"})
	s.expect(s.do(api.ListQRCodes, in{account: "other"}), map[string]string{"data.result": "0", "data.qrs": "[]"})
	s.expect(s.do(api.ListLinks, in{}), map[string]string{"data.result": "0"})
}

func TestQRCodes_Create(t *testing.T) {
	s := newSite(t)
	s.logos.body = picture(t, 2000)
	created := s.do(api.CreateQRCode, in{body: `{"type":"link","data":{"url":" https://example.com/a "},"background":"rgb(255,255,255)",` +
		`"foreground":"#102030","logo":"https://site.example/logo.png"}`})
	s.expect(created, map[string]string{"error": "0", "id": "1"})
	link := created.Get("link").String()
	if len(link) <= len(origin+"/qr/") || link[:len(origin+"/qr/")] != origin+"/qr/" {
		t.Errorf("link = %s", link)
	}
	s.expect(s.do(api.GetQRCode, in{id: 1}), map[string]string{
		"id": "1", "details.name": `"example.com/a"`, "details.data": `"https://example.com/a"`, "details.foreground": `"#102030"`,
		"details.background": `"rgb(255,255,255)"`, "details.logo": `"https://site.example/logo.png"`,
	})
	q, err := s.store.QRCodes().Get(t.Context(), "main", 1)
	if err != nil || q.Link.URL != "https://example.com/a" {
		t.Fatalf("the code leads to %q, %v", q.Link.URL, err)
	}
	f, _, err := s.files.OpenFile(q.Link.Options.QR.LogoFile)
	if err != nil {
		t.Fatalf("the copy of the logo: %v", err)
	}
	defer f.Close()
	if logo, err := qr.DecodeLogo(f); err != nil || logo.Bounds().Dx() > 500 {
		t.Errorf("the copy of the logo: %v, %v", logo.Bounds(), err)
	}
}

// TestQRCodes_LongDestination makes sure that a code of type link holds its short
// URL: the destination would not fit beside a logo.
func TestQRCodes_LongDestination(t *testing.T) {
	s := newSite(t)
	s.logos.body = picture(t, 20)
	s.do(api.CreateQRCode, in{body: body(`{'type':'link','data':'https://example.com/%s','logo':'https://site.example/1.png'}`, strings.Repeat("x", 2500))})
}

func TestQRCodes_Update(t *testing.T) {
	s := newSite(t)
	s.logos.body = picture(t, 20)
	s.do(api.CreateQRCode, in{body: `{"type":"link","data":"https://example.com/","name":"Old","logo":"https://site.example/1.png","foreground":"#102030"}`})
	first := s.onlyFile()
	link := s.do(api.GetQRCode, in{id: 1}).Get("details.link").Raw
	for _, c := range []struct {
		body string
		want map[string]string
	}{
		{`{"name":"New"}`, map[string]string{"name": `"New"`, "data": `"https://example.com/"`, "logo": `"https://site.example/1.png"`}},
		{`{"data":"https://example.org/"}`, map[string]string{"data": `"https://example.org/"`, "type": `"link"`, "foreground": `"#102030"`}},
		{`{"foreground":"#000000","background":"#ffffee"}`, map[string]string{"foreground": `"#000000"`, "background": `"#ffffee"`, "name": `"New"`}},
		{`{"type":"text","data":"plain"}`, map[string]string{"type": `"text"`, "data": `"plain"`}},
		{`{"type":"link","data":"https://example.net/","background":"rgb(255,255,255)"}`, map[string]string{"type": `"link"`}},
	} {
		s.expect(s.do(api.UpdateQRCode, in{id: 1, body: c.body}), map[string]string{"error": "0", "message": `"QR has been updated successfully."`})
		s.expect(s.do(api.GetQRCode, in{id: 1}).Get("details"), c.want)
	}
	s.expect(s.do(api.GetQRCode, in{id: 1}).Get("details"), map[string]string{"link": link})
	if got := s.onlyFile(); got != first {
		t.Errorf("the logo is another one: %s, %s", got, first)
	}
	s.do(api.UpdateQRCode, in{id: 1, body: `{"logo":"https://site.example/2.png"}`})
	if got := s.onlyFile(); got == first {
		t.Error("the old logo is still there")
	}
	s.expect(s.do(api.GetQRCode, in{id: 1}).Get("details"), map[string]string{"logo": `"https://site.example/2.png"`})
	s.do(api.UpdateQRCode, in{id: 1, body: `{"logo":""}`})
	s.expect(s.do(api.GetQRCode, in{id: 1}).Get("details"), map[string]string{"logo": `""`})
	if len(s.files.kept) != 0 {
		t.Errorf("the logo is still there: %v", s.files.kept)
	}
	s.expect(s.do(api.DeleteQRCode, in{id: 1}), map[string]string{"message": `"QR Code has been deleted successfully."`})
	if len(s.files.kept) != 0 {
		t.Errorf("files stay behind: %v", s.files.kept)
	}
}

// onlyFile is the name of the one file that is kept.
func (s *site) onlyFile() string {
	s.t.Helper()
	if len(s.files.kept) != 1 {
		s.t.Fatalf("%d files are kept; want 1", len(s.files.kept))
	}
	return slices.Collect(maps.Keys(s.files.kept))[0]
}

func TestQRCodes_Refused(t *testing.T) {
	s := newSite(t)
	s.logos.body = picture(t, 20)
	s.do(api.CreateQRCode, in{body: `{"type":"link","data":"https://example.com/","logo":"https://site.example/1.png"}`})
	asked := len(s.logos.asked)
	long := string(bytes.Repeat([]byte("x"), 2000))
	for _, c := range []struct{ body, field string }{
		{`{"type":"link","data":"nothing"}`, "data"},
		{`{"type":"link","data":"javascript:alert(1)"}`, "data"},
		{`{"type":"link","data":"https://go.example.com/x"}`, "data"},
		{`{"type":"wifi","data":"Home"}`, "data"},
		{`{"type":"email","data":"nobody"}`, "data"},
		{`{"type":"sms","data":{"message":"x"}}`, "data.phone"},
		{`{"type":"text","data":"x","foreground":"#ffffff"}`, "foreground"},
		{`{"type":"text","data":"x","foreground":"#777777","background":"#888888"}`, "foreground"},
		{body(`{'type':'text','data':'%s','logo':'https://site.example/1.png'}`, long), "data"},
	} {
		s.refused(api.CreateQRCode, in{body: c.body}, api.Invalid, c.field)
		s.refused(api.UpdateQRCode, in{id: 1, body: c.body}, api.Invalid, c.field)
	}
	// What the type of a stored code cannot hold.
	s.refused(api.UpdateQRCode, in{id: 1, body: `{"type":"phone"}`}, api.Invalid, "")
	if len(s.logos.asked) != asked {
		t.Errorf("logos were fetched for what was refused anyway: %v", s.logos.asked[asked:])
	}
	for _, at := range []in{{id: 2}, {id: 1, account: "other"}} {
		s.refused(api.GetQRCode, at, api.NotFound, "")
		s.refused(api.DeleteQRCode, at, api.NotFound, "")
		at.body = `{"logo":"https://site.example/2.png"}`
		s.refused(api.UpdateQRCode, at, api.NotFound, "")
	}
	if len(s.logos.asked) != asked {
		t.Errorf("logos were fetched for codes that are not there: %v", s.logos.asked[asked:])
	}
	s.expect(s.do(api.ListQRCodes, in{}), map[string]string{"data.result": "1"})
	s.onlyFile()
}

func TestQRCodes_LogoFails(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateQRCode, in{body: `{"type":"text","data":"x"}`})
	messages := map[string]bool{}
	for _, c := range []struct {
		name string
		body []byte
		err  error
	}{
		{"inside", nil, &guard.RefusedError{Reason: "must lead to a public address"}},
		{"nowhere", nil, errors.New("no such host")},
		{"status", nil, &guard.StatusError{Status: 404}},
		{"large", nil, guard.ErrTooLarge},
		{"no picture", []byte("<html>"), nil},
		{"huge", picture(t, 5000), nil},
	} {
		s.logos.body, s.logos.err = c.body, c.err
		const logo = `"logo":"https://site.example/logo.png"`
		text := s.refused(api.CreateQRCode, in{body: `{"type":"text","data":"x",` + logo + `}`}, api.Invalid, "logo")
		s.refused(api.UpdateQRCode, in{id: 1, body: "{" + logo + "}"}, api.Invalid, "logo")
		if c.name == "inside" || c.name == "nowhere" {
			messages[text] = true
		}
	}
	if len(messages) != 1 {
		t.Errorf("clients can tell what a name leads to: %v", messages)
	}
	s.logos.body, s.logos.err = picture(t, 20), nil
	s.files.putErr = &api.Error{Code: api.Unavailable, Message: "disk full"}
	s.refused(api.CreateQRCode, in{body: `{"type":"text","data":"x","logo":"https://site.example/logo.png"}`}, api.Unavailable, "")
	s.expect(s.do(api.ListQRCodes, in{}), map[string]string{"data.result": "1"})
	if len(s.files.kept) != 0 {
		t.Errorf("files stay behind: %v", s.files.kept)
	}
}

func TestQRCodes_LogoStaysWhereDiskFails(t *testing.T) {
	s := newSite(t)
	s.logos.body = picture(t, 20)
	s.do(api.CreateQRCode, in{body: `{"type":"text","data":"x","logo":"https://site.example/logo.png"}`})
	s.files.removeErr = errors.New("disk")
	// The code is gone, whatever becomes of its logo.
	s.do(api.DeleteQRCode, in{id: 1})
	s.refused(api.GetQRCode, in{id: 1}, api.NotFound, "")
}

func TestGetQRCode_Statistics(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateQRCode, in{body: `{"type":"link","data":"https://example.com/","name":"Google Canada"}`})
	s.statistics.summary = clicks.Summary{Clicks: 1, UniqueClicks: 1, Referrers: []clicks.Named{{Clicks: 1}}}
	code := s.do(api.GetQRCode, in{id: 1})
	s.expect(code, map[string]string{
		"details.name": `"Google Canada"`, "data.clicks": "1", "data.uniqueClicks": "1", "data.topCountries": "0",
		"data.topReferrers": `{"Direct, email and other":1}`, "data.socialCount.instagram": "0",
	})
	if !gjson.Get(code.Raw, "details.date").Exists() {
		t.Error("the code has no date")
	}
}
