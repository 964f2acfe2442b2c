package migrate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/shortener"
)

func int64Of(_ testing.TB, document []byte, path string) int64 {
	return gjson.GetBytes(document, path).Int()
}

// TestCarryBetweenSites carries a link with all that it refers to.
func TestCarryBetweenSites(t *testing.T) {
	s := newStand(t)
	source, _, _ := s.siteNamed(t, "kr", "https://kr.example")
	target, site, _ := s.siteNamed(t, "us", "https://us.example")
	// What is at the target already makes its ids other ones.
	idOf(t, target, api.CreateCampaign, `{"name":"Other"}`)
	idOf(t, target, api.CreatePixel, `{"type":"gapixel","name":"Other","tag":"other"}`)
	idOf(t, target, api.CreateChannel, `{"name":"News"}`) // found by its name
	idOf(t, target, api.CreateLink, `{"url":"https://a.example"}`)

	campaign := idOf(t, source, api.CreateCampaign, `{"name":"Summer","slug":"summer","public":true}`)
	pixel := idOf(t, source, api.CreatePixel, `{"type":"fbpixel","name":"Shop","tag":"1234"}`)
	news := idOf(t, source, api.CreateChannel, `{"name":"News","color":"#ff0000"}`)
	shop := idOf(t, source, api.CreateChannel, `{"name":"Shop"}`)
	idOf(t, source, api.CreateDomain, `{"domain":"https://go.example.org"}`)
	link := idOf(t, source, api.CreateLink, `{"url":"https://a.example/x","custom":"abc","domain":"https://go.example.org","expiry":%q,
		"metatitle":"Title","geotarget":[{"location":"Canada","link":"https://a.example/ca"}],"devicetarget":[{"device":"iPhone","link":"https://a.example/i"}],
		"campaign":%d,"channel":%d,"pixels":[%d]}`, tomorrow(), campaign, news, pixel)
	do(t, source, api.AssignItemToChannel, api.Path{ID: shop, ItemType: "links", ItemID: link}, "")

	m := newMover(t, source, target)
	domains, err := source.List(t.Context(), adapters.KindDomain, 0)
	if err != nil || len(domains.Records) != 1 {
		t.Fatal(domains, err)
	}
	mustCarry(t, m, adapters.KindDomain, domains.Records[0].ID, true, nil)
	// No reply tells of pixels: they are known from the request.
	row := mustCarry(t, m, adapters.KindLink, link, true, &migrate.Entry{Document: []byte(`{"url":"https://old.example","pixels":[` + gjson.GetBytes(mustJSON(pixel), "@this").Raw + `]}`)})
	if row.Different != nil || row.Compared.IsZero() || row.ShortURL != "https://go.example.org/abc" || row.Error != "" {
		t.Errorf("the row is %+v", row)
	}
	got := site.Links()[1]
	if got.ShortURL != "https://go.example.org/abc" || got.URL != "https://a.example/x" || got.Expiry.IsZero() {
		t.Errorf("the target's link is %+v", got)
	}
	if name := site.Objects("campaign")[got.Campaign-1].Sent["name"]; name != "Summer" {
		t.Errorf("the link's campaign is %v", name)
	}
	if len(got.Channels) != 2 || len(site.Objects("channel")) != 2 {
		t.Errorf("the link's channels are %v, of %d", got.Channels, len(site.Objects("channel")))
	}
	if pixels := site.Objects("pixel"); len(pixels) != 2 || gjson.ParseBytes(mustJSON(got.Sent["pixels"])).Get("0").Int() != int64(pixels[1].ID) {
		t.Errorf("the link's pixels are %v of %v", got.Sent["pixels"], pixels)
	}

	// Again: nothing is made twice, and nothing is written that is the same.
	again := mustCarry(t, m, adapters.KindLink, link, true, nil)
	if again.TargetID != row.TargetID || again.ID != row.ID || len(site.Links()) != 2 {
		t.Errorf("carried again it is %+v; links are %d", again, len(site.Links()))
	}
	if got := site.Links()[1].Sent["pixels"]; len(mustJSON(got)) < 3 {
		t.Errorf("pixels that nobody tells of have become %v", got)
	}
	do(t, source, api.UpdateLink, api.Path{ID: link}, `{"url":"https://a.example/y","custom":"abcd"}`)
	mustCarry(t, m, adapters.KindLink, link, true, nil)
	if got := site.Links()[1]; got.URL != "https://a.example/y" || got.Alias != "abcd" {
		t.Errorf("after an update the target's link is %+v", got)
	}
	do(t, source, api.DeleteLink, api.Path{ID: link}, "")
	gone, err := m.Carry(t.Context(), adapters.KindLink, link, true, nil)
	if err != nil || gone.Status != migrate.Deleted || len(site.Links()) != 1 {
		t.Errorf("after a delete the row is %+v, %v; links are %d", gone, err, len(site.Links()))
	}
	if never, err := m.Carry(t.Context(), adapters.KindLink, 987, true, nil); err != nil || never.Status != migrate.Deleted || never.ID != 0 {
		t.Errorf("what never was is %+v, %v", never, err)
	}
}

// TestCarryToNative carries what no request can say, and back what was made
// there.
func TestCarryToNative(t *testing.T) {
	s := newStand(t)
	source, site, _ := s.siteNamed(t, "kr", "https://kr.example")
	target := s.place()
	m := newMover(t, source, target)
	hash, err := shortener.HashPassword(t.Context(), "open sesame")
	if err != nil {
		t.Fatal(err)
	}
	link := idOf(t, source, api.CreateLink, `{"url":"https://a.example/x","custom":"abc","password":"open sesame","languagetarget":[{"language":"ko","link":"https://a.example/ko"}]}`)
	row := mustCarry(t, m, adapters.KindLink, link, true, &migrate.Entry{
		Document:     []byte(`{"url":"https://a.example/x","languagetarget":[{"language":"ko","link":"https://a.example/ko"}],"startdate":"2020-01-02"}`),
		PasswordHash: hash,
	})
	if row.Different != nil {
		t.Errorf("different are %q", row.Different)
	}
	got := mustGet(t, target, adapters.KindLink, row.TargetID)
	if got.PasswordHash != hash || !strings.Contains(string(got.Document), `"ko"`) {
		t.Errorf("the target has %+v %s", got, got.Document)
	}

	// The site tells neither: the next write about something else keeps both.
	do(t, source, api.UpdateLink, api.Path{ID: link}, `{"url":"https://a.example/y"}`)
	mustCarry(t, m, adapters.KindLink, link, true, &migrate.Entry{Document: []byte(`{"url":"https://a.example/y"}`)})
	got = mustGet(t, target, adapters.KindLink, row.TargetID)
	if got.PasswordHash != hash || !strings.Contains(string(got.Document), `"ko"`) || gjson.GetBytes(got.Document, "url").Str != "https://a.example/y" {
		t.Errorf("after an update the target has %+v %s", got, got.Document)
	}
	mustCarry(t, m, adapters.KindLink, link, true, &migrate.Entry{Document: []byte(`{"password":"","languagetarget":[]}`)})
	got = mustGet(t, target, adapters.KindLink, row.TargetID)
	if got.Protected || got.PasswordHash != "" || strings.Contains(string(got.Document), "languagetarget") {
		t.Errorf("after they were taken away the target has %+v %s", got, got.Document)
	}

	// Back.
	made := idOf(t, target, api.CreateLink, `{"url":"https://b.example","custom":"xyz","redirectcode":301}`)
	back := mustCarry(t, m, adapters.KindLink, made, false, &migrate.Entry{AtTarget: true, Document: []byte(`{"password":"plain text"}`)})
	if !back.AtTarget || back.SourceID == 0 || back.TargetID != made || !slices.Equal(back.Different, []string{"redirectcode"}) {
		t.Errorf("the row of what was made at the target is %+v", back)
	}
	if l := site.Links()[1]; l.Alias != "xyz" || l.Sent["password"] != "plain text" || back.ShortURL != l.ShortURL {
		t.Errorf("the source has %+v; the row says %s", l, back.ShortURL)
	}
	if rows, _ := m.Store.Rows(t.Context(), migrate.Filter{Move: m.Move.ID}); len(rows) != 2 {
		t.Errorf("there are %d rows", len(rows))
	}
	if strings.Contains(string(mustJSON(back)), "plain") {
		t.Error("the row tells the password")
	}
}

// TestCarryDomains moves links of the main domain to another one, and back.
func TestCarryDomains(t *testing.T) {
	s := newStand(t)
	source, site, _ := s.siteNamed(t, "kr", "https://kr.example")
	target := s.place()
	m := newMover(t, source, target)
	m.Move.Domain = "links.example.org"
	link := idOf(t, source, api.CreateLink, `{"url":"https://a.example/x","custom":"abc"}`)
	row, err := m.Carry(t.Context(), adapters.KindLink, link, true, nil)
	if err != nil || row.Status != migrate.Failed || !strings.Contains(row.Error, "omain") || row.Attempts != 1 {
		t.Fatalf("on a domain that is not there the row is %+v, %v", row, err)
	}
	idOf(t, target, api.CreateDomain, `{"domain":"https://links.example.org"}`)
	row = mustCarry(t, m, adapters.KindLink, link, true, nil)
	if got := mustGet(t, target, adapters.KindLink, row.TargetID); gjson.GetBytes(got.Document, "domain").Str != "links.example.org" || row.Different != nil || row.Attempts != 0 {
		t.Errorf("the target has %s; the row is %+v", got.Document, row)
	}
	do(t, target, api.UpdateLink, api.Path{ID: row.TargetID}, `{"url":"https://a.example/z"}`)
	if row = mustCarry(t, m, adapters.KindLink, row.TargetID, false, nil); row.Different != nil {
		t.Errorf("back, different are %q", row.Different)
	}
	if l := site.Links()[0]; l.URL != "https://a.example/z" || l.ShortURL != "https://kr.example/abc" {
		t.Errorf("the source has %+v", l)
	}
}

// TestCarryConflicts leaves alone what is another one's.
func TestCarryConflicts(t *testing.T) {
	s := newStand(t)
	source, _, _ := s.siteNamed(t, "kr", "https://kr.example")
	remote, site, _ := s.siteNamed(t, "us", "https://us.example")
	for name, target := range map[string]*migrate.Place{"a site": remote, "the native backend": s.place()} {
		t.Run(name, func(t *testing.T) {
			m := newMover(t, source, target)
			alias := "taken" + strings.Map(letters, name)
			theirs := idOf(t, target, api.CreateLink, `{"url":"https://theirs.example","custom":%q}`, alias)
			ours := idOf(t, source, api.CreateLink, `{"url":"https://ours.example","custom":%q}`, alias)
			row, err := m.Carry(t.Context(), adapters.KindLink, ours, true, nil)
			if err != nil || row.Status != migrate.Failed || row.TargetID != 0 || row.Error == "" {
				t.Fatalf("the row is %+v, %v", row, err)
			}
			if got := mustGet(t, target, adapters.KindLink, theirs); gjson.GetBytes(got.Document, "url").Str != "https://theirs.example" {
				t.Errorf("the other link has become %s", got.Document)
			}
			do(t, target, api.UpdateLink, api.Path{ID: theirs}, `{"url":"https://OURS.example/"}`)
			if row = mustCarry(t, m, adapters.KindLink, ours, true, nil); row.TargetID != theirs {
				t.Errorf("what leads to the same place was not taken for it: %+v", row)
			}
		})
	}
	if n := len(site.Links()); n != 1 {
		t.Errorf("the site has %d links", n)
	}
}

// TestCarryLost makes anew what was deleted at the other side.
func TestCarryLost(t *testing.T) {
	s := newStand(t)
	source, _, _ := s.siteNamed(t, "kr", "https://kr.example")
	remote, _, _ := s.siteNamed(t, "us", "https://us.example")
	link := idOf(t, source, api.CreateLink, `{"url":"https://a.example","custom":"abc"}`)
	for name, target := range map[string]*migrate.Place{"a site": remote, "the native backend": s.place()} {
		t.Run(name, func(t *testing.T) {
			m := newMover(t, source, target)
			row := mustCarry(t, m, adapters.KindLink, link, true, nil)
			do(t, target, api.DeleteLink, api.Path{ID: row.TargetID}, "")
			again := mustCarry(t, m, adapters.KindLink, link, true, nil)
			if again.TargetID == row.TargetID || again.ID != row.ID {
				t.Errorf("the row is %+v", again)
			}
			mustGet(t, target, adapters.KindLink, again.TargetID)
		})
	}
}

// TestCarrySameNames keeps two channels of one name apart, also where a row was
// never saved.
func TestCarrySameNames(t *testing.T) {
	s := newStand(t)
	source, _, _ := s.siteNamed(t, "kr", "https://kr.example")
	target, site, _ := s.siteNamed(t, "us", "https://us.example")
	m := newMover(t, source, target)
	first := idOf(t, source, api.CreateChannel, `{"name":"News","color":"#111111"}`)
	second := idOf(t, source, api.CreateChannel, `{"name":"News","color":"#222222"}`)
	a := mustCarry(t, m, adapters.KindChannel, first, true, nil)
	b := mustCarry(t, m, adapters.KindChannel, second, true, nil)
	if a.TargetID == b.TargetID || len(site.Objects("channel")) != 2 {
		t.Errorf("rows are %+v and %+v", a, b)
	}
	// A process that ended between a create and its row leaves a channel behind.
	third := idOf(t, source, api.CreateChannel, `{"name":"News","color":"#333333"}`)
	left := idOf(t, target, api.CreateChannel, `{"name":"News","color":"#333333"}`)
	if c := mustCarry(t, m, adapters.KindChannel, third, true, nil); c.TargetID != left || len(site.Objects("channel")) != 3 {
		t.Errorf("the row is %+v; channels are %d", c, len(site.Objects("channel")))
	}
}

func letters(r rune) rune {
	if r >= 'a' && r <= 'z' {
		return r
	}
	return -1
}
