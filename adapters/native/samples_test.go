package native_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// sampleCalls carry out each operation that the pages print a reply of, on what
// furnishAll makes.
var sampleCalls = []struct {
	op api.Operation
	in in
}{
	{api.GetAccount, in{}},
	{api.UpdateAccount, in{body: `{"email":"newemail@google.com","password":"newpassword"}`}},
	{api.ListLinks, in{query: "limit=2&page=1&order=date"}},
	{api.GetLink, in{id: 1}},
	{api.UpdateLink, in{id: 1, body: `{"url":"https://google.com"}`}},
	{api.ListQRCodes, in{query: "limit=2&page=1"}},
	{api.GetQRCode, in{id: 1}},
	{api.UpdateQRCode, in{id: 1, body: `{"data":"https://google.com"}`}},
	{api.ListCampaigns, in{}},
	{api.AssignLinkToCampaign, in{id: 1, item: 1}},
	{api.UpdateCampaign, in{id: 1, body: `{"name":"Twitter Campaign","slug":"twitter-campaign","public":true}`}},
	{api.ListChannels, in{}},
	{api.AssignItemToChannel, in{id: 1, itemType: "links", item: 1}},
	{api.ListChannelItems, in{id: 1}},
	{api.UpdateChannel, in{id: 1, body: `{"name":"Acme Corp","color":"#FFFFFF"}`}},
	{api.ListDomains, in{}},
	{api.UpdateDomain, in{id: 1, body: `{"redirectroot":"https://rootdomain-new.com"}`}},
	{api.ListFiles, in{}},
	{api.ListPixels, in{}},
	{api.UpdatePixel, in{id: 1, body: `{"name":"My GTM","tag":"GTM-ABCDE"}`}},
	{api.ListSplashPages, in{}},
	{api.ListOverlays, in{}},
	{api.DeleteLink, in{id: 1}},
	{api.DeleteQRCode, in{id: 1}},
	{api.DeleteCampaign, in{id: 1}},
	{api.DeleteChannel, in{id: 1}},
	{api.DeleteDomain, in{id: 1}},
	{api.DeletePixel, in{id: 1}},
}

// furnishAll makes one of everything, and returns what was answered.
func (s *site) furnishAll() map[api.Operation]gjson.Result {
	s.logos.body = picture(s.t, 20)
	replies := map[api.Operation]gjson.Result{}
	for _, o := range objects {
		replies[o.create] = s.do(o.create, in{body: o.body})
	}
	replies[api.CreateLink] = s.do(api.CreateLink, in{body: `{"url":"https://google.com","geotarget":[{"location":"Canada","link":"https://google.ca"}],` +
		`"devicetarget":[{"device":"iPhone","link":"https://google.com"}]}`})
	replies[api.CreateQRCode] = s.do(api.CreateQRCode, in{body: `{"type":"link","data":"https://google.com","background":"rgb(255,255,255)",` +
		`"foreground":"rgb(0,0,0)","logo":"https://site.com/logo.png","name":"QR Code API"}`})
	replies[api.UploadFile] = s.do(api.UploadFile, in{filename: "a.txt", query: "name=My+File", file: strings.NewReader("x")})
	return replies
}

// TestSamples makes sure that every key of the published samples is answered
// with a value of the same sort, and every message word for word.
func TestSamples(t *testing.T) {
	s := newSite(t)
	replies := s.furnishAll()
	for _, c := range sampleCalls {
		replies[c.op] = s.do(c.op, c.in)
	}
	data, err := os.ReadFile("../../testdata/operations.json")
	if err != nil {
		t.Fatal(err)
	}
	var published []struct {
		Operation api.Operation
		Samples   []struct{ Response any }
	}
	if err := json.Unmarshal(data, &published); err != nil {
		t.Fatal(err)
	}
	for _, p := range published {
		reply, ok := replies[p.Operation]
		if !ok {
			t.Errorf("%s is not tried", p.Operation)
			continue
		}
		for _, sample := range p.Samples {
			s.like(string(p.Operation), sample.Response, reply.Value())
		}
	}
}

// Keys under these are data.
var open = []string{"getLink.details.location", "getLink.details.device"}

// like compares the shape of a reply with a sample's. Each row of a list has
// the keys that the sample's first row has.
func (s *site) like(path string, want, got any) {
	s.t.Helper()
	sort := func(ok bool) {
		s.t.Helper()
		if !ok {
			s.t.Errorf("%s = %v; want something like %v", path, got, want)
		}
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		// An empty aggregate is the number 0, here as on the pages.
		sort(ok || got == 0.0)
		for key, value := range w {
			if _, there := g[key]; there {
				s.like(path+"."+key, value, g[key])
			} else if ok && !slices.Contains(open, path) {
				s.t.Errorf("%s.%s is missing", path, key)
			}
		}
	case []any:
		g, ok := got.([]any)
		sort(ok && len(g) > 0)
		for i := range g {
			s.like(path+"[]", w[0], g[i])
		}
	case string:
		_, text := got.(string)
		switch {
		case strings.HasSuffix(path, ".error"):
			// The pages print "0" in lists; live sites send the number.
			sort(got == 0.0)
		case strings.HasSuffix(path, ".message"):
			sort(got == want)
		default:
			sort(text || got == nil)
		}
	case float64:
		_, number := got.(float64)
		sort(number || got == nil)
	case bool:
		_, is := got.(bool)
		sort(is || strings.HasSuffix(path, ".rotator"))
	}
}
