package migrate_test

import (
	"slices"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/simulate"
	dglnksite "github.com/linkquay/linkquay/simulate/dglnk"
)

// TestPutThins leaves out what a place does not take, and says so; of a list of
// rules the others stay.
func TestPutThins(t *testing.T) {
	s := newStand(t)
	p, _, _ := s.dglnk(t, dglnksite.Options{APIVersion: 1})
	res := p.Put(t.Context(), []adapters.Record{{
		Kind: adapters.KindLink,
		Document: []byte(`{"url":"https://a.example","custom":"alias","metatitle":"Title","type":"frame","deeplink":{"auto":true},
			"geotarget":[{"location":"Canada","link":"https://a.example/ca"}],
			"devicetarget":[{"device":"iPhone","link":"https://a.example/i"},{"device":"desktop","link":"https://a.example/d"},{"device":"Android","link":"https://a.example/a"}]}`),
	}})[0]
	if res.Err != nil {
		t.Fatal(res.Err)
	}
	slices.Sort(res.Lost)
	if !slices.Equal(res.Lost, []string{"deeplink", "devicetarget", "type"}) {
		t.Errorf("lost are %q", res.Lost)
	}
	document := gjson.ParseBytes(res.Stored.Document)
	if document.Get("custom").Str != "alias" || document.Get("metatitle").Str != "Title" || document.Get("geotarget.0.link").Str != "https://a.example/ca" {
		t.Errorf("stored is %s", res.Stored.Document)
	}
	if rules := document.Get("devicetarget").Array(); len(rules) != 1 || rules[0].Get("link").Str != "https://a.example/d" {
		t.Errorf("rules for devices are %s", document.Get("devicetarget"))
	}
}

// TestPutRefused does not make what would be something else.
func TestPutRefused(t *testing.T) {
	s := newStand(t)
	site, gp, _ := s.siteNamed(t, "kr", "https://kr.example")
	for _, c := range []struct {
		name  string
		place *migrate.Place
		r     adapters.Record
		code  api.Code
	}{
		{"a splash page where no request makes one", site, adapters.Record{Kind: adapters.KindSplash, Document: []byte(`{"name":"Hello"}`)}, api.Unsupported},
		{"a link that the contract does not have", site, adapters.Record{Kind: adapters.KindLink, Document: []byte(`{"url":"https://a.example","custom":"a"}`)}, api.Invalid},
		{"the same at home", s.place(), adapters.Record{Kind: adapters.KindLink, Document: []byte(`{"url":"https://a.example","custom":"a"}`)}, api.Invalid},
		{"a domain that is not there", site, adapters.Record{Kind: adapters.KindLink, Document: []byte(`{"url":"https://a.example","custom":"abc","domain":"go.example.org"}`)}, api.Invalid},
		{"a QR code of which nothing is known", site, adapters.Record{Kind: adapters.KindQR, Document: []byte(`{"name":"Code"}`)}, api.Invalid},
		{"what is gone", site, adapters.Record{Kind: adapters.KindLink, ID: 99, Document: []byte(`{"url":"https://a.example"}`)}, api.NotFound},
		{"what is gone at home", s.place(), adapters.Record{Kind: adapters.KindLink, ID: 99, Document: []byte(`{"url":"https://a.example"}`)}, api.NotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := c.place.Put(t.Context(), []adapters.Record{c.r})[0]
			if res.Err == nil || api.AsError(res.Err).Code != c.code || res.ID != 0 || res.Stored != nil {
				t.Errorf("the result is %+v; want %s", res, c.code)
			}
		})
	}
	if n := len(gp.Links()); n != 0 {
		t.Errorf("the site has %d links", n)
	}
}

// TestCarrySkips gives up what no further try would change.
func TestCarrySkips(t *testing.T) {
	s := newStand(t)
	source, _, _ := s.siteNamed(t, "kr", "https://kr.example")
	m := newMover(t, source, s.place())
	code := idOf(t, source, api.CreateQRCode, `{"type":"text","data":"hello","name":"Code"}`)
	row, err := m.Carry(t.Context(), adapters.KindQR, code, true, nil)
	if err != nil || row.Status != migrate.Skipped || row.Error == "" {
		t.Errorf("a QR code of which the site does not tell what is in it is %+v, %v", row, err)
	}
	expired := s.place()
	site, _, _ := s.siteNamed(t, "us", "https://us.example")
	link := expired.Put(t.Context(), []adapters.Record{{Kind: adapters.KindLink, Document: []byte(`{"url":"https://a.example","custom":"old","expiry":"2020-01-01T00:00:00Z"}`)}})[0]
	if link.Err != nil {
		t.Fatal(link.Err)
	}
	m = newMover(t, expired, site)
	row, err = m.Carry(t.Context(), adapters.KindLink, link.ID, true, nil)
	if err != nil || row.Status != migrate.Skipped {
		t.Errorf("a link that has expired is %+v, %v", row, err)
	}
}

// TestCarryOvertaken carries an object again whose row somebody else has written
// meanwhile: that may have been a newer state, which is covered by this one.
func TestCarryOvertaken(t *testing.T) {
	s := newStand(t)
	source, _, _ := s.siteNamed(t, "kr", "https://kr.example")
	target, site, _ := s.siteNamed(t, "us", "https://us.example")
	link := idOf(t, source, api.CreateLink, `{"url":"https://a.example/1","custom":"abc"}`)
	m := newMover(t, source, target)
	mustCarry(t, m, adapters.KindLink, link, true, nil)
	do(t, source, api.UpdateLink, api.Path{ID: link}, `{"url":"https://a.example/2"}`)

	// This one has read the second state, and its write takes its time.
	meets := make(chan struct{})
	source.Backend = &watched{Backend: source.Backend, after: api.GetLink, tell: meets}
	done := make(chan *migrate.Row)
	slow := &migrate.Mover{Store: m.Store, Move: m.Move, Source: source, Target: target, Patience: -1}
	go func() {
		row, err := slow.Carry(t.Context(), adapters.KindLink, link, true, nil)
		if err != nil {
			t.Error(err)
		}
		done <- row
	}()
	meets <- struct{}{}
	// Another process carries the third.
	fast := &migrate.Mover{Store: m.Store, Move: m.Move, Source: s.placeAgain(source), Target: s.placeAgain(target), Patience: -1}
	do(t, fast.Source, api.UpdateLink, api.Path{ID: link}, `{"url":"https://a.example/3"}`)
	mustCarry(t, fast, adapters.KindLink, link, true, nil)
	meets <- struct{}{}
	close(meets)
	if row := <-done; row == nil || row.Different != nil {
		t.Errorf("the row is %+v", row)
	}
	if l := site.Links()[0]; l.URL != "https://a.example/3" {
		t.Errorf("the target leads to %s", l.URL)
	}
}

// TestCarryQRCodeOnce makes a QR code once, also where nobody was told that it
// was made: it has neither an alias nor a name of its own.
func TestCarryQRCodeOnce(t *testing.T) {
	s := newStand(t)
	source := s.place()
	target, site, server := s.siteNamed(t, "us", "https://us.example")
	m := newMover(t, source, target)
	idOf(t, target, api.CreateQRCode, `{"type":"text","data":"theirs","name":"Theirs"}`)
	code := idOf(t, source, api.CreateQRCode, `{"type":"text","data":"hello","name":"Code"}`)
	if err := server.Fail(simulate.Fault{Kind: simulate.DieAfterCommit, Method: "POST", Path: "/api/qr/add", Times: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Carry(t.Context(), adapters.KindQR, code, true, nil); api.AsError(err).Code != api.Unavailable {
		t.Fatalf("a site that has died answers %v", err)
	}
	row := mustCarry(t, m, adapters.KindQR, code, true, nil)
	if codes := site.Objects("qr"); len(codes) != 2 || row.TargetID != int64(codes[1].ID) {
		t.Errorf("the site has %v; the row is %+v", codes, row)
	}
	// A second one of the same name and content is another one.
	code = idOf(t, source, api.CreateQRCode, `{"type":"text","data":"hello","name":"Code"}`)
	if other := mustCarry(t, m, adapters.KindQR, code, true, nil); other.TargetID == row.TargetID || len(site.Objects("qr")) != 3 {
		t.Errorf("the site has %d QR codes; the row is %+v", len(site.Objects("qr")), other)
	}
	// A patient one looks before it asks again.
	m.Patience = 0
	code = idOf(t, source, api.CreateQRCode, `{"type":"text","data":"hello","name":"Code"}`)
	server.Heal()
	if err := server.Fail(simulate.Fault{Kind: simulate.DieAfterCommit, Method: "POST", Path: "/api/qr/add", Times: 1}); err != nil {
		t.Fatal(err)
	}
	mustCarry(t, m, adapters.KindQR, code, true, nil)
	if n := len(site.Objects("qr")); n != 4 {
		t.Errorf("the site has %d QR codes", n)
	}
}
