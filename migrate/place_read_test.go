package migrate_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/simulate"
	dglnksite "github.com/linkquay/linkquay/simulate/dglnk"
	gempixelsite "github.com/linkquay/linkquay/simulate/gempixel"
)

// untoldByScript is what a site of the script cannot tell of a link.
var untoldByScript = []string{
	"type", "languagetarget", "metadescription", "metaimage", "pixels", "deeplink", "status", "parameters", "password",
}

// furnished fills a site of the script with one of each kind, and returns the id
// of a link with everything.
func furnished(t *testing.T, p *migrate.Place) int64 {
	t.Helper()
	do(t, p, api.CreateDomain, api.Path{}, `{"domain":"https://brand.example","redirectroot":"https://example.com"}`)
	do(t, p, api.CreateCampaign, api.Path{}, `{"name":"Spring","slug":"spring","public":true}`)
	do(t, p, api.CreateChannel, api.Path{}, `{"name":"Print","description":"Paper","color":"#ff0000","starred":true}`)
	do(t, p, api.CreateChannel, api.Path{}, `{"name":"Web"}`)
	do(t, p, api.CreatePixel, api.Path{}, `{"type":"fbpixel","name":"Shop","tag":"1234567890123456"}`)
	do(t, p, api.CreateQRCode, api.Path{}, `{"type":"text","data":"Hello","name":"Greeting"}`)
	id := gjson.GetBytes(do(t, p, api.CreateLink, api.Path{}, `{
		"url":"https://example.com/spring","custom":"spring","domain":"brand.example","expiry":"2031-05-06 07:08:09","password":"0pen-sesame",
		"geotarget":[{"location":"Canada","link":"https://example.ca"},{"location":"South Korea","link":"https://example.kr"}],
		"devicetarget":[{"device":"iPhone","link":"https://example.com/i"}],
		"languagetarget":[{"language":"fr","link":"https://example.fr"}],
		"metatitle":"Spring sale","metadescription":"Cheap","description":"a note","pixels":[1],"campaign":1,"channel":1,
		"status":"public","parameters":[{"name":"a","value":"b"}],"deeplink":{"auto":true}}`), "id").Int()
	do(t, p, api.AssignItemToChannel, api.Path{ID: 2, ItemType: "links", ItemID: id}, "")
	do(t, p, api.AssignItemToChannel, api.Path{ID: 2, ItemType: "qr", ItemID: 1}, "")
	return id
}

func TestPlace_Get_gempixel(t *testing.T) {
	seoul := time.FixedZone("KST", 9*60*60)
	p, _, server := newStand(t).gempixel(t, gempixelsite.Options{Zone: seoul})
	id := furnished(t, p)
	r, err := p.Get(t.Context(), adapters.KindLink, id)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"url":"https://example.com/spring","expiry":"2031-05-06T07:08:09Z",` +
		`"geotarget":[{"location":"Canada","link":"https://example.ca"},{"location":"South Korea","link":"https://example.kr"}],` +
		`"devicetarget":[{"device":"iphone","link":"https://example.com/i"}],"metatitle":"Spring sale","description":"a note",` +
		`"custom":"spring","domain":"brand.example","campaign":1}`
	if string(r.Document) != want {
		t.Errorf("Document = %s\nwant %s", r.Document, want)
	}
	if r.ID != id || r.Kind != adapters.KindLink || r.ShortURL != "https://brand.example/spring" || !slices.Equal(r.Channels, []int64{1, 2}) || time.Since(r.Created) > time.Hour {
		t.Errorf("Get = %+v", r)
	}
	if !slices.Equal(slices.Sorted(slices.Values(r.Untold)), slices.Sorted(slices.Values(untoldByScript))) {
		t.Errorf("Untold = %q; want %q", r.Untold, untoldByScript)
	}

	before := len(server.Requests())
	if _, err := p.List(t.Context(), adapters.KindLink, 0); err != nil {
		t.Fatal(err)
	}
	listed := len(server.Requests())
	if r, err = p.Get(t.Context(), adapters.KindLink, id); err != nil || string(r.Document) != want {
		t.Errorf("Get behind List = %v, %v; want the same", r, err)
	}
	if n := len(server.Requests()) - listed; listed == before || n != 1 {
		t.Errorf("Get behind List made %d requests; want 1", n)
	}
	if _, err := p.Get(t.Context(), adapters.KindLink, id+1); api.AsError(err).Code != api.NotFound {
		t.Errorf("Get of none = %v; want NotFound", err)
	}
}

func TestPlace_Get_campaignOfNow(t *testing.T) {
	p, _, _ := newStand(t).gempixel(t, gempixelsite.Options{})
	id := furnished(t, p)
	do(t, p, api.CreateCampaign, api.Path{}, `{"name":"Summer"}`)
	for _, campaign := range []int64{2, 1, 2} {
		do(t, p, api.AssignLinkToCampaign, api.Path{ID: campaign, ItemID: id}, "")
		r, err := p.Get(t.Context(), adapters.KindLink, id)
		if err != nil || gjson.GetBytes(r.Document, "campaign").Int() != campaign {
			t.Errorf("Get = %s, %v; want campaign %d", r.Document, err, campaign)
		}
	}
}

func TestPlace_List_gempixel(t *testing.T) {
	p, _, _ := newStand(t).gempixel(t, gempixelsite.Options{})
	furnished(t, p)
	for kind, want := range map[adapters.Kind]string{
		adapters.KindDomain:   `{"domain":"https://brand.example","redirectroot":"https://example.com"}`,
		adapters.KindPixel:    `{"type":"fbpixel","name":"Shop","tag":"1234567890123456"}`,
		adapters.KindSplash:   `{"name":"Promotion"}`,
		adapters.KindOverlay:  `{"name":"Newsletter","type":"message"}`,
		adapters.KindCampaign: `{"name":"Spring","slug":"spring","public":true}`,
		adapters.KindChannel:  `{"name":"Print","description":"Paper","color":"#ff0000","starred":true}`,
		adapters.KindLink:     `{"url":"https://example.com/spring","metatitle":"Spring sale","description":"a note","campaign":1,"custom":"spring","domain":"brand.example"}`,
		adapters.KindQR:       `{"name":"Greeting"}`,
	} {
		page, err := p.List(t.Context(), kind, 0)
		if err != nil || len(page.Records) == 0 || page.Next != 0 || page.Total != len(page.Records) {
			t.Errorf("List of %s = %+v, %v", kind, page, err)
			continue
		}
		r := page.Records[0]
		if got := string(r.Document); got != want || page.Partial != (kind == adapters.KindLink || kind == adapters.KindQR) {
			t.Errorf("List of %s = %s, partial %t; want %s", kind, got, page.Partial, want)
		}
		whole, err := p.Get(t.Context(), kind, r.ID)
		if err != nil || whole.ID != r.ID {
			t.Errorf("Get of %s = %+v, %v", kind, whole, err)
			continue
		}
		if kind == adapters.KindQR && (!slices.Equal(whole.Channels, []int64{2}) || !slices.Contains(whole.Untold, "data")) {
			t.Errorf("Get of %s = %+v; want channel 2 and its data untold", kind, whole)
		}
		if found, err := p.Find(t.Context(), &r); kind != adapters.KindQR && (err != nil || found.ID != r.ID) {
			t.Errorf("Find of %s = %+v, %v", kind, found, err)
		}
	}
}

// TestPlace_List_pages goes through the pages of a site that names a wrong next
// page, and of one that gives fewer rows than it was asked for and says.
func TestPlace_List_pages(t *testing.T) {
	for clamp, links := range map[int]int{0: 1100, 7: 40} {
		t.Run(fmt.Sprint(clamp), func(t *testing.T) {
			s := newStand(t)
			p, site, _ := s.gempixel(t, gempixelsite.Options{})
			for i := range links {
				do(t, p, api.CreateLink, api.Path{}, `{"url":"https://example.com/%d"}`, i)
			}
			if clamp > 0 {
				other := serve(t, clamped{site, clamp})
				p = &migrate.Place{Name: p.Name, Account: p.Account, Origin: p.Origin, Backend: s.gempixelAt(t, other)}
			}
			seen := map[int64]bool{}
			pages := 0
			for page := 0; ; pages++ {
				list, err := p.List(t.Context(), adapters.KindLink, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range list.Records {
					seen[r.ID] = true
				}
				if page = list.Next; page == 0 {
					break
				}
			}
			if len(seen) != len(site.Links()) {
				t.Errorf("%d pages have %d links; want %d", pages+1, len(seen), len(site.Links()))
			}
		})
	}
}

// clamped is a site that gives no more rows than so many, whatever it is asked
// and whatever it says.
type clamped struct {
	http.Handler

	most int
}

func (c clamped) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	asked := query.Get("limit")
	if r.Method == http.MethodGet && asked != "" {
		query.Set("limit", fmt.Sprint(c.most))
		r.URL.RawQuery = query.Encode()
	}
	into := &recorder{header: http.Header{}}
	c.Handler.ServeHTTP(into, r)
	body := bytes.ReplaceAll(into.body.Bytes(), fmt.Appendf(nil, `"perpage":%d,`, c.most), []byte(`"perpage":`+asked+`,`))
	w.Header().Set("Content-Type", into.header.Get("Content-Type"))
	w.WriteHeader(into.status)
	_, _ = w.Write(body)
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func TestPlace_Find_links(t *testing.T) {
	s := newStand(t)
	script, _, _ := s.gempixel(t, gempixelsite.Options{ShortDomain: "https://short.example"})
	dg, _, _ := s.dglnk(t, dglnksite.Options{APIVersion: 3, Domains: map[int64]string{12: "brand.example"}})
	own := s.place()
	for name, p := range map[string]*migrate.Place{"gempixel": script, "dglnk 3": dg, "native": own} {
		t.Run(name, func(t *testing.T) {
			if name != "dglnk 3" {
				do(t, p, api.CreateDomain, api.Path{}, `{"domain":"https://brand.example"}`)
			}
			main := gjson.GetBytes(do(t, p, api.CreateLink, api.Path{}, `{"url":"https://example.com/1","custom":"summer"}`), "id").Int()
			branded := gjson.GetBytes(do(t, p, api.CreateLink, api.Path{}, `{"url":"https://example.com/2","custom":"winter","domain":"brand.example"}`), "id").Int()
			for document, want := range map[string]int64{
				`{"custom":"summer"}`:                          main,
				`{"custom":"winter","domain":"brand.example"}`: branded,
				`{"custom":"winter"}`:                          0,
				`{"custom":"summer","domain":"brand.example"}`: 0,
				`{"custom":"Summer"}`:                          0,
				`{}`:                                           0,
			} {
				r, err := p.Find(t.Context(), &adapters.Record{Kind: adapters.KindLink, Document: []byte(document)})
				switch {
				case want == 0 && api.AsError(err).Code != api.NotFound:
					t.Errorf("Find %s = %+v, %v; want NotFound", document, r, err)
				case want > 0 && (err != nil || r.ID != want):
					t.Errorf("Find %s = %+v, %v; want %d", document, r, err, want)
				}
			}
		})
	}
}

func TestPlace_Get_native(t *testing.T) {
	p := newStand(t).place()
	id := furnished(t, p)
	do(t, p, api.UpdateLink, api.Path{ID: id}, `{"redirectcode":301,"clicklimit":5,"startdate":"2030-01-02","forwardquery":true,"disabled":true,"externalid":"x"}`)
	r, err := p.Get(t.Context(), adapters.KindLink, id)
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"url": `"https://example.com/spring"`, "custom": `"spring"`, "domain": `"brand.example"`, "expiry": `"2031-05-06T07:08:09Z"`,
		"languagetarget": `[{"language":"fr","link":"https://example.fr"}]`, "pixels": "[1]", "campaign": "1", "status": `"public"`,
		"parameters": `[{"name":"a","value":"b"}]`, "deeplink": `{"auto":true}`, "redirectcode": "301", "clicklimit": "5",
		"startdate": `"2030-01-02T00:00:00Z"`, "forwardquery": "true", "disabled": "true", "externalid": `"x"`,
	} {
		if got := gjson.GetBytes(r.Document, field).Raw; got != want {
			t.Errorf("%s = %s; want %s", field, got, want)
		}
	}
	if !r.Protected || !slices.Equal(r.Channels, []int64{1, 2}) || strings.Contains(string(r.Document), "sesame") {
		t.Errorf("Get = %+v; want a protected link in two channels", r)
	}
	if _, ok := p.Backend.(adapters.Exporter); !ok && !slices.Equal(r.Untold, []string{"password"}) {
		t.Errorf("Untold = %q; want the password alone", r.Untold)
	}
}

func TestPlace_Get_dgLnk3(t *testing.T) {
	p, _, _ := newStand(t).dglnk(t, dglnksite.Options{APIVersion: 3, Domains: map[int64]string{12: "brand.example"}})
	do(t, p, api.CreateCampaign, api.Path{}, `{"name":"Spring"}`)
	do(t, p, api.CreateChannel, api.Path{}, `{"name":"Print"}`)
	id := gjson.GetBytes(do(t, p, api.CreateLink, api.Path{}, `{
		"url":"https://example.com/spring","custom":"spring","domain":"brand.example","expiry":"2031-05-06 07:08:09","password":"0pen-sesame",
		"geotarget":[{"location":"Canada","link":"https://example.ca"}],"devicetarget":[{"device":"tablet","link":"https://example.com/t"}],
		"metatitle":"Spring sale","metadescription":"Cheap","description":"a note","campaign":1,"channel":1}`), "id").Int()
	r, err := p.Get(t.Context(), adapters.KindLink, id)
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"url": "https://example.com/spring", "custom": "spring", "domain": "brand.example", "expiry": "2031-05-06T07:08:09Z",
		"geotarget.0.location": "Canada", "devicetarget.0.device": "tablet", "metatitle": "Spring sale", "metadescription": "Cheap",
		"description": "a note", "campaign": "1",
	} {
		if got := gjson.GetBytes(r.Document, field).String(); got != want {
			t.Errorf("%s = %s; want %s", field, got, want)
		}
	}
	if !r.Protected || !slices.Equal(r.Channels, []int64{1}) || !slices.Equal(r.Untold, []string{"parameters", "password"}) {
		t.Errorf("Get = %+v; want a protected link in a channel, of which parameters and password are not told", r)
	}
	page, err := p.List(t.Context(), adapters.KindLink, 0)
	if err != nil || len(page.Records) != 1 || page.Records[0].ID != id || page.Total != 1 {
		t.Errorf("List = %+v, %v", page, err)
	}
}

func TestPlace_Brief(t *testing.T) {
	p, _, server := newStand(t).gempixel(t, gempixelsite.Options{})
	id := furnished(t, p)
	if _, err := p.Get(t.Context(), adapters.KindLink, id); err != nil { // It learns the domains.
		t.Fatal(err)
	}
	p.Brief = true
	before := len(server.Requests())
	r, err := p.Get(t.Context(), adapters.KindLink, id)
	if n := len(server.Requests()) - before; err != nil || n != 1 || !slices.Contains(r.Untold, "channel") || !slices.Contains(r.Untold, "campaign") {
		t.Errorf("Get = %+v, %v after %d requests; want 1, and the groups untold", r, err, n)
	}
}

func TestPlace_Resolve(t *testing.T) {
	s := newStand(t)
	p, _, server := s.dglnk(t, dglnksite.Options{APIVersion: 1, Domains: map[int64]string{12: "brand.example"}})
	known := do(t, p, api.CreateLink, api.Path{}, `{"url":"https://example.com/known","custom":"ledger"}`)
	a := migrate.Alias{ShortURL: gjson.GetBytes(known, "shorturl").Str}
	r, err := p.Resolve(t.Context(), a)
	if err != nil || r.ID != gjson.GetBytes(known, "id").Int() {
		t.Errorf("Resolve of a known link = %+v, %v", r, err)
	}

	// What the ledger does not know is at the site all the same.
	other, _, _ := newStand(t).dglnk(t, dglnksite.Options{APIVersion: 1})
	other.Locate = p.Locate
	r, err = other.Resolve(t.Context(), a)
	if err != nil || r.ID >= 0 || gjson.GetBytes(r.Document, "url").Str != "https://example.com/known" || gjson.GetBytes(r.Document, "custom").Str != "ledger" {
		t.Errorf("Resolve of an unknown link = %+v, %v; want where its address leads", r, err)
	}
	other.Aliases = []migrate.Alias{a, {ShortURL: "https://brand.example/poster", URL: "https://example.com/p", Title: "Poster"}}
	again, err := other.Get(t.Context(), adapters.KindLink, a.ID())
	if err != nil || again.ID != r.ID || !slices.Contains(again.Untold, "password") {
		t.Errorf("Get of an alias = %+v, %v; want %d", again, err, r.ID)
	}
	if r, err = other.Get(t.Context(), adapters.KindLink, other.Aliases[1].ID()); err != nil || gjson.GetBytes(r.Document, "metatitle").Str != "Poster" {
		t.Errorf("Get of an alias with all = %+v, %v", r, err)
	}
	if _, err := other.Resolve(t.Context(), migrate.Alias{ShortURL: server.URL + "/nowhere"}); api.AsError(err).Code != api.NotFound {
		t.Errorf("Resolve of nothing = %v; want NotFound", err)
	}
	other.Locate = nil
	if _, err := other.Resolve(t.Context(), a); api.AsError(err).Code != api.Invalid {
		t.Errorf("Resolve with nobody to ask = %v; want Invalid", err)
	}
}

func TestPlace_List_fails(t *testing.T) {
	p, _, server := newStand(t).gempixel(t, gempixelsite.Options{})
	if err := server.Fail(simulate.Fault{Kind: simulate.Status, Status: http.StatusTooManyRequests, Path: "/api/urls"}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.List(t.Context(), adapters.KindLink, 0); api.AsError(err).Code != api.RateLimited {
		t.Errorf("List = %v; want RateLimited", err)
	}
}

func TestListing(t *testing.T) {
	r := adapters.Record{Kind: adapters.KindLink, ID: 1, Document: []byte(`{"url":"https://example.com","campaign":1}`), Channels: []int64{2, 1}}
	same := r
	same.Document, same.Channels, same.Clicks = []byte(`{"campaign":1,"url":"https://example.com"}`), []int64{1, 2}, 5
	if !bytes.Equal(migrate.Listing(&r), migrate.Listing(&same)) {
		t.Error("Listing depends on order or clicks")
	}
	for i, change := range []func(*adapters.Record){
		func(r *adapters.Record) { r.Document = []byte(`{"url":"https://example.com"}`) },
		func(r *adapters.Record) { r.Channels = []int64{1} },
		func(r *adapters.Record) { r.ShortURL = "https://go.example.com/a" },
		func(r *adapters.Record) { r.PasswordHash = "hash" },
	} {
		other := r
		if change(&other); bytes.Equal(migrate.Listing(&r), migrate.Listing(&other)) {
			t.Errorf("Listing does not tell change %d", i)
		}
	}
}

func TestPlace_List_exporter(t *testing.T) {
	p := newStand(t).place()
	importer, ok := p.Backend.(adapters.Importer)
	if !ok {
		t.Fatal("the native backend is no Importer")
	}
	const links = 2500
	for from := 0; from < links; from += 500 {
		records := make([]adapters.Record, 500)
		for i := range records {
			records[i] = adapters.Record{Kind: adapters.KindLink, Document: fmt.Appendf(nil, `{"url":"https://example.com/%d"}`, from+i)}
		}
		if _, err := importer.Import(t.Context(), p.Account, records); err != nil {
			t.Fatal(err)
		}
	}
	seen, last := 0, int64(0)
	for next := 0; ; {
		page, err := p.List(t.Context(), adapters.KindLink, next)
		if err != nil || page.Total != links || page.Partial {
			t.Fatalf("List = %d of %d, partial %t, %v", len(page.Records), page.Total, page.Partial, err)
		}
		for _, r := range page.Records {
			if seen++; r.ID <= last {
				t.Fatalf("link %d is behind %d", r.ID, last)
			}
			last = r.ID
		}
		if next = page.Next; next == 0 {
			break
		}
	}
	if seen != links {
		t.Errorf("the pages have %d links; want %d", seen, links)
	}
	if r, err := p.Get(t.Context(), adapters.KindLink, last); err != nil || r.ID != last {
		t.Errorf("Get = %+v, %v", r, err)
	}
	if _, err := p.Get(t.Context(), adapters.KindLink, last+1); api.AsError(err).Code != api.NotFound {
		t.Errorf("Get of none = %v; want NotFound", err)
	}
}
