package conformance_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
)

// documents are the smallest valid ones of the operations that take one.
var documents = map[api.Operation]string{
	api.UpdateAccount:    `{"email":"owner@example.com"}`,
	api.CreateLink:       `{"url":"https://example.com/$n"}`,
	api.CreateLinks:      `{"urls":[{"url":"https://example.com/$n"},{"url":"https://example.com/x/$n"}]}`,
	api.UpdateLink:       `{}`, // [stand.smallest] finds a field
	api.CreateQRCode:     `{"type":"link","data":"https://example.com/$n"}`,
	api.UpdateQRCode:     `{"data":"https://example.com/$n"}`,
	api.CreateCampaign:   `{"name":"Campaign $n"}`,
	api.UpdateCampaign:   `{"name":"Renamed $n"}`,
	api.CreateChannel:    `{"name":"Channel $n"}`,
	api.UpdateChannel:    `{"name":"Renamed $n"}`,
	api.CreateDomain:     `{"domain":"https://d$n.example.net"}`,
	api.UpdateDomain:     `{"redirectroot":"https://example.com/$n"}`,
	api.CreatePixel:      `{"type":"gtmpixel","name":"Pixel $n","tag":"GTM-$n"}`,
	api.UpdatePixel:      `{"name":"Renamed $n","tag":"GTM-$n"}`,
	api.CreateSplashPage: `{"name":"Splash $n"}`,
	api.UpdateSplashPage: `{"name":"Renamed $n"}`,
	api.CreateOverlay:    `{"name":"Overlay $n"}`,
	api.UpdateOverlay:    `{"name":"Renamed $n"}`,
}

// kindOf is what an operation is about: how one of it is made, listed and
// removed.
type kindOf struct {
	create, list, remove api.Operation
	rows                 string // in the list
	there                int64  // one that the site has without being asked, 0 for none
}

var kinds = map[string]kindOf{
	"Link":       {create: api.CreateLink, list: api.ListLinks, remove: api.DeleteLink, rows: "data.urls"},
	"QRCode":     {create: api.CreateQRCode, list: api.ListQRCodes, remove: api.DeleteQRCode, rows: "data.qrs"},
	"Campaign":   {create: api.CreateCampaign, list: api.ListCampaigns, remove: api.DeleteCampaign, rows: "data.campaigns"},
	"Channel":    {create: api.CreateChannel, list: api.ListChannels, remove: api.DeleteChannel, rows: "data.channels"},
	"Domain":     {create: api.CreateDomain, list: api.ListDomains, remove: api.DeleteDomain, rows: "data.domains"},
	"File":       {create: api.UploadFile, list: api.ListFiles, remove: api.DeleteFile, rows: "list"},
	"Pixel":      {create: api.CreatePixel, list: api.ListPixels, remove: api.DeletePixel, rows: "data.pixels"},
	"SplashPage": {create: api.CreateSplashPage, list: api.ListSplashPages, remove: api.DeleteSplashPage, rows: "data.splash", there: 1},
	"Overlay":    {create: api.CreateOverlay, list: api.ListOverlays, remove: api.DeleteOverlay, rows: "data.cta", there: 1},
}

// about returns the kind that an operation is about, empty for none.
func about(op api.Operation) string {
	name := strings.TrimSuffix(strings.TrimSuffix(string(op), "Statistics"), "Items")
	for _, verb := range []string{"list", "get", "create", "update", "delete", "upload"} {
		name = strings.TrimPrefix(name, verb)
	}
	if _, ok := kinds[strings.TrimSuffix(name, "s")]; ok {
		name = strings.TrimSuffix(name, "s")
	}
	if _, ok := kinds[name]; !ok {
		return ""
	}
	return name
}

// fill puts objects that exist into the placeholders of a text.
func (s *stand) fill(tb testing.TB, text string) string {
	tb.Helper()
	if !strings.Contains(text, "$") {
		return text
	}
	today := time.Now().UTC()
	for name, of := range map[string]func() string{
		"$n":         func() string { return strconv.FormatInt(s.next(), 10) },
		"$alias":     func() string { return "alias" + strconv.FormatInt(s.next(), 10) },
		"$pixel":     func() string { return s.one(tb, "Pixel", 5) },
		"$campaign":  func() string { return s.one(tb, "Campaign", 1) },
		"$channel":   func() string { return s.one(tb, "Channel", 1) },
		"$splash":    func() string { return s.one(tb, "SplashPage", 1) },
		"$overlay":   func() string { return s.one(tb, "Overlay", 3) },
		"$host":      func() string { return s.host(tb) },
		"$today":     func() string { return today.Format(time.DateOnly) },
		"$yesterday": func() string { return today.AddDate(0, 0, -1).Format(time.DateOnly) },
	} {
		for strings.Contains(text, name) {
			text = strings.Replace(text, name, of(), 1)
		}
	}
	return text
}

// one makes an object of the kind, or names one that is there all the same.
func (s *stand) one(tb testing.TB, kind string, otherwise int64) string {
	tb.Helper()
	if op := kinds[kind].create; s.does(op) {
		return s.must(tb, request{op: op, body: s.fill(tb, documents[op])}).Get("id").String()
	}
	return strconv.FormatInt(otherwise, 10)
}

// host is a branded domain that links can stand on.
func (s *stand) host(tb testing.TB) string {
	tb.Helper()
	if s.dg != nil {
		return "links.example.com"
	}
	host := "h" + strconv.FormatInt(s.next(), 10) + ".example.net"
	s.must(tb, request{op: api.CreateDomain, body: `{"domain":"https://` + host + `"}`})
	return host
}

// smallest returns the smallest valid request of the operation, about objects
// that exist.
func (s *stand) smallest(tb testing.TB, op api.Operation) request {
	tb.Helper()
	r := request{op: op, body: s.fill(tb, documents[op]), query: url.Values{}}
	switch {
	case op == api.CreateLinks:
		return r
	case op == api.UpdateLink && s.all[op].Fields["metatitle"].Support == api.Native:
		r.body = s.fill(tb, `{"metatitle":"Renamed $n"}`)
	case op == api.UpdateLink:
		r.body = s.fill(tb, `{"description":"Note $n"}`)
	}
	path := s.contract.Operation(op).Path
	if s.does(op) {
		switch op {
		case api.AssignLinkToCampaign:
			r.path = api.Path{ID: s.make(tb, "Campaign", ""), ItemID: s.make(tb, "Link", "")}
			return r
		case api.AssignItemToChannel:
			r.path = api.Path{ID: s.make(tb, "Channel", ""), ItemID: s.make(tb, "Link", ""), ItemType: "links"}
			return r
		}
	}
	if strings.Contains(path, "{id}") {
		r.path.ID = 1
		if s.does(op) {
			r.path.ID = s.make(tb, about(op), "")
		}
	}
	r.path.ItemType = "links"
	return r
}

// make makes an object of the kind with some more members, and returns its id.
func (s *stand) make(tb testing.TB, kind, members string) int64 {
	tb.Helper()
	k := kinds[kind]
	if !s.does(k.create) {
		return k.there
	}
	return s.must(tb, request{op: k.create, body: s.merged(tb, documents[k.create], members)}).Get("id").Int()
}

// merged is a document with more members, its placeholders filled.
func (s *stand) merged(tb testing.TB, document, members string) string {
	tb.Helper()
	document = s.fill(tb, document)
	gjson.Parse(s.fill(tb, members)).ForEach(func(name, v gjson.Result) bool {
		var err error
		if document, err = sjson.SetRaw(document, name.Str, v.Raw); err != nil {
			tb.Fatal(err)
		}
		return true
	})
	return document
}

// row finds an object in its list.
func (s *stand) row(tb testing.TB, kind string, id int64) gjson.Result {
	tb.Helper()
	k := kinds[kind]
	list := s.must(tb, request{op: k.list, query: url.Values{"limit": {"1000"}}})
	for _, row := range list.Get(k.rows).Array() {
		if row.Get("id").Int() == id {
			return row
		}
	}
	return gjson.Result{}
}

// visit has somebody visit the short URL of a link.
func (s *stand) visit(tb testing.TB, id int64, short string) {
	tb.Helper()
	const agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
	switch {
	case s.script != nil, s.dg != nil:
		r := httptest.NewRequest(http.MethodGet, short, nil)
		r.Header.Set("User-Agent", agent)
		if s.script != nil {
			s.script.ServeHTTP(httptest.NewRecorder(), r)
		} else {
			s.dg.ServeHTTP(httptest.NewRecorder(), r)
		}
	default:
		recorder := clicks.NewRecorder(tb.Context(), s.store, clicks.Options{FlushEvery: time.Minute})
		recorder.Visit(clicks.Visit{LinkID: id, Domain: "go.example.com", Addr: netip.MustParseAddr("198.51.100.7"), UserAgent: agent, Kind: clicks.Human})
		if err := recorder.Close(tb.Context()); err != nil {
			tb.Fatal(err)
		}
		for {
			rolled, err := s.store.RollVisits(tb.Context())
			if err != nil {
				tb.Fatal(err)
			}
			if rolled.Backlog == 0 {
				return
			}
		}
	}
}
