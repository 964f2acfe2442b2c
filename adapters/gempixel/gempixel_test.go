package gempixel

import (
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
)

// harness plays the replies of the published pages and the habits of live
// sites.
func harness() adaptertest.Harness { return zoned(nil, nil) }

func zoned(zone, remote *time.Location) adaptertest.Harness {
	return adaptertest.Harness{
		Replies: "../../testdata/upstream/gempixel",
		Routes: map[string]api.Operation{
			"GET /api/account":                                     api.GetAccount,
			"PUT /api/account/update":                              api.UpdateAccount,
			"GET /api/urls":                                        api.ListLinks,
			"GET /api/url/{id}":                                    api.GetLink,
			"POST /api/url/add":                                    api.CreateLink,
			"PUT /api/url/{id}/update":                             api.UpdateLink,
			"DELETE /api/url/{id}/delete":                          api.DeleteLink,
			"GET /api/qr":                                          api.ListQRCodes,
			"GET /api/qr/{id}":                                     api.GetQRCode,
			"POST /api/qr/add":                                     api.CreateQRCode,
			"PUT /api/qr/{id}/update":                              api.UpdateQRCode,
			"DELETE /api/qr/{id}/delete":                           api.DeleteQRCode,
			"GET /api/campaigns":                                   api.ListCampaigns,
			"POST /api/campaign/add":                               api.CreateCampaign,
			"POST /api/campaign/{campaignid}/assign/{linkid}":      api.AssignLinkToCampaign,
			"PUT /api/campaign/{id}/update":                        api.UpdateCampaign,
			"DELETE /api/campaign/{id}/delete":                     api.DeleteCampaign,
			"GET /api/channels":                                    api.ListChannels,
			"GET /api/channel/{id}":                                api.ListChannelItems,
			"POST /api/channel/add":                                api.CreateChannel,
			"POST /api/channel/{channelid}/assign/{type}/{itemid}": api.AssignItemToChannel,
			"PUT /api/channel/{id}/update":                         api.UpdateChannel,
			"DELETE /api/channel/{id}/delete":                      api.DeleteChannel,
			"GET /api/domains":                                     api.ListDomains,
			"POST /api/domain/add":                                 api.CreateDomain,
			"PUT /api/domain/{id}/update":                          api.UpdateDomain,
			"DELETE /api/domain/{id}/delete":                       api.DeleteDomain,
			"GET /api/files":                                       api.ListFiles,
			"POST /api/files/upload/{filename}":                    api.UploadFile,
			"GET /api/pixels":                                      api.ListPixels,
			"POST /api/pixel/add":                                  api.CreatePixel,
			"PUT /api/pixel/{id}/update":                           api.UpdatePixel,
			"DELETE /api/pixel/{id}/delete":                        api.DeletePixel,
			"GET /api/splash":                                      api.ListSplashPages,
			"GET /api/overlay":                                     api.ListOverlays,
		},
		New: func(tb testing.TB, s adaptertest.Setup) adapters.Backend {
			tb.Helper()
			client, err := upstream.New(upstream.Config{
				Backend: adaptertest.Name, BaseURL: s.URL, Key: adaptertest.Key, Timeout: s.Timeout, RetryPause: time.Millisecond,
			})
			if err != nil {
				tb.Fatal(err)
			}
			tb.Cleanup(client.Close)
			a, err := New(Config{Name: adaptertest.Name, Unsupported: s.Unsupported, Zone: zone, RemoteZone: remote}, client)
			if err != nil {
				tb.Fatal(err)
			}
			return a
		},
	}
}

func TestAdapter(t *testing.T) { adaptertest.Run(t, harness()) }

func TestAdapter_Refusals(t *testing.T) {
	adaptertest.Refusals(t, harness(), []adaptertest.Refusal{
		{Name: "update-note", Operation: api.UpdateLink, Document: `{"url":"https://example.com/","description":"x"}`, Field: "description"},
		{Name: "update-status", Operation: api.UpdateLink, Document: `{"url":"https://example.com/","status":"public"}`, Field: "status"},
		{Name: "rename-code", Operation: api.UpdateQRCode, Document: `{"data":"x","name":"Flyer"}`, Field: "name", Value: "Flyer"},
	})
	for _, id := range []api.Operation{api.CreateLink, api.UpdateLink} {
		adaptertest.Refusals(t, harness(), adaptertest.Ours(id))
	}
}

// What a link of the script is anyway is never refused.
func TestAdapter_Defaults(t *testing.T) {
	for _, c := range []struct {
		id             api.Operation
		document, want string
	}{
		{api.CreateLink, `{"url":"https://example.com/","redirectcode":302,"forwardquery":false,"disabled":false}`, `{"url":"https://example.com/"}`},
		{api.CreateDomain, `{"domain":"go.example.com"}`, `{"domain":"https://go.example.com"}`},
		{
			api.UpdateLink, `{"url":"https://example.com/","redirectcode":302,"clicklimit":0,"startdate":"","expiredurl":"","externalid":"","forwardquery":false}`,
			`{"url":"https://example.com/"}`,
		},
	} {
		f := harness().MustStart(t, adaptertest.Setup{})
		call := f.MustCall(t, c.id)
		call.Document = []byte(c.document)
		reply, err := f.Backend.Do(t.Context(), call)
		if err != nil || len(reply.Warnings) != 0 {
			t.Fatalf("Do(%s) = %+v, %v", c.id, reply, err)
		}
		if got := f.Site.Requests()[0].Body; got != c.want {
			t.Errorf("%s sent %s; want %s", c.id, got, c.want)
		}
	}
}

// TestAdapter_FilterRefused: a filter that the site does not know is not left
// out in silence.
func TestAdapter_FilterRefused(t *testing.T) { adaptertest.FilterRefused(t, harness()) }

// TestAdapter_Kept: what the script's clients send for nothing is not refused,
// but nobody is told that something was taken away.
func TestAdapter_Kept(t *testing.T) {
	for _, c := range []adaptertest.Refusal{
		{Operation: api.UpdateLink, Document: `{"url":"https://example.com/","password":""}`, Field: "password"},
		{Operation: api.UpdateLink, Document: `{"url":"https://example.com/","expiry":""}`, Field: "expiry"},
		{Operation: api.UpdateLink, Document: `{"url":"https://example.com/","campaign":0}`, Field: "campaign"},
		{Operation: api.UpdateQRCode, Document: `{"data":"x","logo":""}`, Field: "logo"},
		{Operation: api.UpdateDomain, Document: `{"redirectroot":""}`, Field: "redirectroot"},
	} {
		f := harness().MustStart(t, adaptertest.Setup{})
		call := f.MustCall(t, c.Operation)
		call.Document = []byte(c.Document)
		reply, err := f.Backend.Do(t.Context(), call)
		if err != nil || len(reply.Warnings) != 1 || reply.Warnings[0].Field != c.Field || !strings.Contains(reply.Warnings[0].Message, adaptertest.Name) {
			t.Errorf("Do(%s) = %+v, %v; want a warning that names %s", c.Document, reply, err, c.Field)
			continue
		}
		requests := f.Site.Requests()
		if body := requests[len(requests)-1].Body; gjson.Get(body, c.Field).Exists() {
			t.Errorf("Do(%s) sent %s", c.Document, body)
		}
	}
}
