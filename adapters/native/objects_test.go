package native_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// object is one kind of object, and what its operations take and answer.
type object struct {
	create, get, list, update, delete api.Operation

	// name begins messages, rows is the key of a list's rows.
	name, rows string

	// body makes one; created, row are what comes back, by gjson paths. A #
	// stands for the id.
	body         string
	created, row map[string]string

	// change is an update, changed the row after it.
	change  string
	changed map[string]string
}

var objects = map[string]object{
	"Campaign": {
		create: api.CreateCampaign, get: api.GetCampaign, list: api.ListCampaigns,
		update: api.UpdateCampaign, delete: api.DeleteCampaign,
		name: "Campaign", rows: "campaigns",
		body: `{"name":"New Campaign","slug":"new-campaign","public":true}`,
		row: map[string]string{
			"name": `"New Campaign"`, "campaign": `"New Campaign"`, "domain": `"New Campaign"`, "public": "true",
			"rotator": `"https://go.example.com/r/new-campaign"`, "list": `"https://go.example.com/u/main/new-campaign-1"`,
		},
		change:  `{"public":false}`,
		changed: map[string]string{"name": `"New Campaign"`, "public": "false"},
	},
	"Channel": {
		create: api.CreateChannel, list: api.ListChannels, update: api.UpdateChannel, delete: api.DeleteChannel,
		name: "Channel", rows: "channels",
		body:    `{"name":"New Channel","description":"my new channel","color":"#000000","starred":true}`,
		row:     map[string]string{"name": `"New Channel"`, "description": `"my new channel"`, "color": `"#000000"`, "starred": "true"},
		change:  `{"starred":false,"name":"B","description":""}`,
		changed: map[string]string{"name": `"B"`, "description": `""`, "color": `"#000000"`, "starred": "false"},
	},
	"Domain": {
		create: api.CreateDomain, get: api.GetDomain, list: api.ListDomains, update: api.UpdateDomain, delete: api.DeleteDomain,
		name: "Domain", rows: "domains",
		body: `{"domain":"https://Domain1.com:443","redirectroot":"https://rootdomain.com","redirect404":"https://rootdomain.com/404"}`,
		row: map[string]string{
			"domain": `"https://domain1.com"`, "redirectroot": `"https://rootdomain.com"`, "redirect404": `"https://rootdomain.com/404"`,
		},
		change: `{"redirect404":""}`,
		changed: map[string]string{
			"domain": `"https://domain1.com"`, "redirectroot": `"https://rootdomain.com"`, "redirect404": `""`,
		},
	},
	"Pixel": {
		create: api.CreatePixel, get: api.GetPixel, list: api.ListPixels, update: api.UpdatePixel, delete: api.DeletePixel,
		name: "Pixel", rows: "pixels",
		body:    `{"type":"gtmpixel","name":"My GTM","tag":"GTM-ABCDE"}`,
		row:     map[string]string{"type": `"gtmpixel"`, "name": `"My GTM"`, "tag": `"GTM-ABCDE"`},
		change:  `{"tag":"GTM-2"}`,
		changed: map[string]string{"type": `"gtmpixel"`, "name": `"My GTM"`, "tag": `"GTM-2"`},
	},
	"Splash": {
		create: api.CreateSplashPage, list: api.ListSplashPages, update: api.UpdateSplashPage, delete: api.DeleteSplashPage,
		name: "Splash page", rows: "splash",
		body: `{"name":"Promo","title":"T","message":"M <b>","image":"https://example.com/a.png","button":"Go"}`,
		row: map[string]string{
			"name": `"Promo"`, "title": `"T"`, "message": `"M <b>"`, "counter": "10", "image": `"https://example.com/a.png"`, "button": `"Go"`,
		},
		change:  `{"counter":0,"title":""}`,
		changed: map[string]string{"name": `"Promo"`, "title": `""`, "counter": "0", "button": `"Go"`},
	},
	"Overlay": {
		create: api.CreateOverlay, list: api.ListOverlays, update: api.UpdateOverlay, delete: api.DeleteOverlay,
		name: "Overlay", rows: "cta",
		body: `{"name":"Offer","type":"contact","message":"M","label":"L","link":"https://example.com/","button":"B",` +
			`"email":"a@example.com","background":"#ffffff","foreground":"rgb(0,0,0)"}`,
		row: map[string]string{
			"name": `"Offer"`, "type": `"contact"`, "message": `"M"`, "label": `"L"`, "link": `"https://example.com/"`, "button": `"B"`,
			"email": `"a@example.com"`, "position": `"bottomright"`, "background": `"#ffffff"`, "foreground": `"rgb(0,0,0)"`,
		},
		change:  `{"position":"top","link":""}`,
		changed: map[string]string{"type": `"contact"`, "position": `"top"`, "link": `""`, "email": `"a@example.com"`},
	},
}

func TestObjects(t *testing.T) {
	for name, o := range objects {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			created := s.do(o.create, in{body: o.body})
			s.expect(created, map[string]string{"error": "0", "id": "1"})
			s.expect(created, o.created)

			row := maps.Clone(o.row)
			row["id"] = "1"
			list := s.do(o.list, in{})
			s.expect(list, map[string]string{"error": "0", "data.result": "1", "data.perpage": "15", "data.nextpage": "null"})
			s.expect(list.Get("data."+o.rows+".0"), row)
			if o.get != "" {
				s.expect(s.do(o.get, in{id: 1}).Get("data"), row)
			}

			updated := s.do(o.update, in{id: 1, body: o.change})
			if o.update == api.UpdateCampaign {
				s.expect(updated, o.changed)
			} else {
				s.expect(updated, map[string]string{"error": "0", "message": quote(o.name + " has been updated successfully.")})
			}
			s.expect(s.do(o.list, in{}).Get("data."+o.rows+".0"), o.changed)

			s.elsewhere(o)
			s.expect(s.do(o.delete, in{id: 1}), map[string]string{"error": "0", "message": quote(o.name + " has been deleted successfully.")})
			s.refused(o.delete, in{id: 1}, api.NotFound, "")
			s.expect(s.do(o.list, in{}), map[string]string{"data.result": "0", "data." + o.rows: "[]", "data.maxpage": "0"})
		})
	}
}

// elsewhere makes sure that neither another account nor another id reaches the
// object.
func (s *site) elsewhere(o object) {
	s.t.Helper()
	for _, at := range []in{{account: "other", id: 1}, {id: 99}} {
		if o.get != "" {
			s.refused(o.get, at, api.NotFound, "")
		}
		s.refused(o.delete, at, api.NotFound, "")
		at.body = o.change
		s.refused(o.update, at, api.NotFound, "")
	}
	s.expect(s.do(o.list, in{account: "other"}), map[string]string{"data.result": "0"})
}

func TestObjects_Pages(t *testing.T) {
	s := newSite(t)
	for i := range 5 {
		s.do(api.CreateChannel, in{body: body("{'name':'c%d'}", i+1)})
	}
	page := s.do(api.ListChannels, in{query: "limit=2&page=2"})
	s.expect(page, map[string]string{
		"data.result": "5", "data.perpage": "2", "data.currentpage": "2", "data.nextpage": "3", "data.maxpage": "3",
		"data.channels.#": "2", "data.channels.0.name": `"c3"`, "data.channels.1.name": `"c2"`,
	})
	s.expect(s.do(api.ListChannels, in{query: "limit=2&page=9"}), map[string]string{"data.channels": "[]", "data.nextpage": "null"})
}

func TestObjects_OverlayListHasBothNames(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateOverlay, in{body: `{"name":"o"}`})
	list := s.do(api.ListOverlays, in{})
	s.expect(list, map[string]string{"data.overlay": list.Get("data.cta").Raw, "data.cta.0.type": `"message"`})
}

func TestObjects_Refused(t *testing.T) {
	s := newSite(t)
	s.do(api.CreatePixel, in{body: `{"type":"bing","name":"a","tag":"1"}`})
	s.do(api.CreatePixel, in{body: `{"type":"bing","name":"b","tag":"2"}`})
	s.do(api.CreateDomain, in{account: "other", body: `{"domain":"taken.example"}`})
	s.do(api.CreateCampaign, in{account: "other", body: `{"slug":"taken"}`})
	s.do(api.CreateOverlay, in{body: `{"name":"o","type":"contact","email":"a@example.com"}`})
	for _, c := range []struct {
		op          api.Operation
		id          int64
		body        string
		code        api.Code
		field, text string
	}{
		{api.CreatePixel, 0, `{"type":"bing","name":"c","tag":"1"}`, api.Conflict, "", "A pixel with this provider and tag already exists."},
		{api.UpdatePixel, 2, `{"tag":"1"}`, api.Conflict, "", "A pixel with this provider and tag already exists."},
		{api.CreateDomain, 0, `{"domain":"https://TAKEN.example/"}`, api.Conflict, "domain", "The domain has been already used."},
		{api.CreateDomain, 0, `{"domain":"http://127.0.0.1"}`, api.Invalid, "domain", "A valid domain name is required."},
		{api.CreateDomain, 0, `{"domain":"go.example.com"}`, api.Invalid, "domain", ""},
		{api.CreateDomain, 0, `{"domain":"a.example","redirectroot":"javascript:1"}`, api.Invalid, "redirectroot", "Please enter a valid URL."},
		{api.CreateDomain, 0, `{"domain":"a.example","redirect404":"https://a.example/"}`, api.Invalid, "redirect404", ""},
		{api.CreateDomain, 0, `{"domain":"a.example","redirect404":"https://go.example.com/x"}`, api.Invalid, "redirect404", ""},
		{api.CreateCampaign, 0, `{"slug":"taken"}`, api.Conflict, "slug", ""},
		{api.CreateSplashPage, 0, `{"name":"s","image":"data:image/png,x"}`, api.Invalid, "image", "Please enter a valid URL."},
		{api.CreateOverlay, 0, `{"name":"s","type":"contact"}`, api.Invalid, "email", ""},
		{api.UpdateOverlay, 1, `{"email":""}`, api.Invalid, "email", ""},
		{api.CreateOverlay, 0, `{"name":"s","link":"javascript:1"}`, api.Invalid, "link", "Please enter a valid URL."},
	} {
		text := s.refused(c.op, in{id: c.id, body: c.body}, c.code, c.field)
		if c.text != "" && text != c.text {
			t.Errorf("%s %s says %q; want %q", c.op, c.body, text, c.text)
		}
	}
}

// TestDomain_MainDomain: also where no setting names the main domain, nobody can
// register it and with it take all links away.
func TestDomain_MainDomain(t *testing.T) {
	s := newSite(t, func(cfg *shortener.Config) { cfg.OwnHosts = nil })
	s.refused(api.CreateDomain, in{account: "other", body: `{"domain":"http://Go.example.com"}`}, api.Invalid, "domain")
	s.do(api.CreateDomain, in{account: "other", body: `{"domain":"www.go.example.com"}`})
}

func TestCampaigns(t *testing.T) {
	s := newSite(t)
	s.expect(s.do(api.CreateCampaign, in{body: `{}`}), map[string]string{
		"name": `"Campaign"`, "public": "false", "rotator": "false", "list": `"https://go.example.com/u/main/list-1"`,
	})
	s.expect(s.do(api.CreateCampaign, in{body: `{"slug":"spring"}`}), map[string]string{
		"name": `"spring"`, "rotator": `"https://go.example.com/r/spring"`, "list": `"https://go.example.com/u/main/spring-2"`,
	})
	s.expect(s.do(api.UpdateCampaign, in{id: 2, body: `{"slug":"summer"}`}), map[string]string{
		"name": `"spring"`, "rotator": `"https://go.example.com/r/summer"`,
	})
	s.expect(s.do(api.CreateCampaign, in{account: "a b/c", body: `{}`}), map[string]string{"list": `"https://go.example.com/u/a%20b%2Fc/list-3"`})

	s.do(api.CreateLink, in{body: `{"url":"https://example.com/","custom":"one"}`})
	s.do(api.CreateLink, in{account: "other", body: `{"url":"https://example.com/","custom":"two"}`})
	s.expect(s.do(api.AssignLinkToCampaign, in{id: 1, item: 1}), map[string]string{"message": `"Link successfully added to the campaign."`})
	s.expect(s.do(api.GetLink, in{id: 1}), map[string]string{"details.campaign": "1"})
	for _, at := range []in{{id: 1, item: 2}, {id: 3, item: 1}, {id: 99, item: 1}, {id: 1, item: 99}} {
		s.refused(api.AssignLinkToCampaign, at, api.NotFound, "")
	}
	s.do(api.DeleteCampaign, in{id: 1})
	s.expect(s.do(api.GetLink, in{id: 1}), map[string]string{"details.campaign": "null"})
}

func TestChannels(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateChannel, in{body: `{"name":"one"}`})
	s.do(api.CreateChannel, in{body: `{"name":"two"}`})
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/a","custom":"one","metatitle":"Title","channel":1}`})
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/b","custom":"two"}`})
	s.do(api.CreateQRCode, in{body: `{"type":"text","data":"x","name":"Code"}`})
	s.expect(s.do(api.AssignItemToChannel, in{id: 1, itemType: "qr", item: 1}), map[string]string{"message": `"Item successfully added to the channel."`})
	for range 2 {
		s.do(api.AssignItemToChannel, in{id: 1, itemType: "links", item: 2})
	}
	s.do(api.AssignItemToChannel, in{id: 2, itemType: "links", item: 1})

	items := s.do(api.ListChannelItems, in{id: 1})
	s.expect(items, map[string]string{"data.result": "3", "data.channel.id": "1", "data.channel.name": `"one"`})
	picture := s.do(api.GetQRCode, in{id: 1}).Get("details.link").Raw
	date := quote(s.do(api.GetLink, in{id: 1}).Get("details.date").String()[:10])
	for selector, want := range map[string]map[string]string{
		`data.items.#(title=="Title")`: {"type": `"links"`, "id": "1", "preview": `"https://example.com/a"`, "link": s.url("one"), "date": date},
		`data.items.#(title=="two")`:   {"type": `"links"`, "id": "2", "preview": `"https://example.com/b"`, "link": s.url("two")},
		`data.items.#(title=="Code")`:  {"type": `"qr"`, "id": "1", "preview": picture, "link": picture},
	} {
		s.expect(items.Get(selector), want)
	}
	s.expect(s.do(api.ListChannelItems, in{id: 1, query: "limit=1&page=2"}), map[string]string{"data.items.#": "1", "data.nextpage": "3"})
	s.expect(s.do(api.GetLink, in{id: 1}), map[string]string{"details.channel": "1", "details.channels": "[1,2]"})

	for _, at := range []in{
		{id: 99, itemType: "links", item: 1},
		{id: 1, itemType: "links", item: 99},
		{id: 1, itemType: "qr", item: 2},
		{account: "other", id: 1, itemType: "links", item: 1},
	} {
		s.refused(api.AssignItemToChannel, at, api.NotFound, "")
	}
	s.refused(api.AssignItemToChannel, in{id: 1, itemType: "bio", item: 1}, api.Unsupported, "type")
	s.refused(api.ListChannelItems, in{id: 99}, api.NotFound, "")
	s.refused(api.ListChannelItems, in{account: "other", id: 1}, api.NotFound, "")
}

func TestDomains_InUse(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateDomain, in{body: `{"domain":"http://brand.example"}`})
	s.expect(s.do(api.GetDomain, in{id: 1}), map[string]string{"data.domain": `"http://brand.example"`, "data.redirectroot": `""`})
	link := s.do(api.CreateLink, in{body: `{"url":"https://example.com/","custom":"abc","domain":"brand.example"}`})
	s.expect(link, map[string]string{"shorturl": `"http://brand.example/abc"`})
	s.refused(api.DeleteDomain, in{id: 1}, api.Conflict, "")
	s.do(api.DeleteLink, in{id: 1})
	s.do(api.DeleteDomain, in{id: 1})
}

func TestObjects_UnknownReferences(t *testing.T) {
	s := newSite(t)
	s.do(api.CreatePixel, in{account: "other", body: `{"type":"bing","name":"a","tag":"1"}`})
	s.do(api.CreateChannel, in{account: "other", body: `{"name":"c"}`})
	s.do(api.CreateCampaign, in{account: "other", body: `{}`})
	s.do(api.CreateDomain, in{account: "other", body: `{"domain":"brand.example"}`})
	s.do(api.CreateSplashPage, in{account: "other", body: `{"name":"s"}`})
	s.do(api.CreateOverlay, in{account: "other", body: `{"name":"o"}`})
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/","custom":"mine"}`})
	for field, value := range map[string]string{
		"pixels[0]": `"pixels":[1]`, "channel": `"channel":1`, "campaign": `"campaign":1`, "domain": `"domain":"brand.example"`,
		"type": `"type":"1"`,
	} {
		s.refused(api.CreateLink, in{body: fmt.Sprintf(`{"url":"https://example.com/",%s}`, value)}, api.Invalid, field)
		s.refused(api.UpdateLink, in{id: 1, body: "{" + value + "}"}, api.Invalid, field)
	}
	s.refused(api.UpdateLink, in{id: 1, body: `{"type":"overlay-1"}`}, api.Invalid, "type")
	s.expect(s.do(api.ListLinks, in{}), map[string]string{"data.result": "1"})
}
