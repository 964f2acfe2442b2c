package dglnk

import (
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger/ledgertest"
)

// harness3 plays recorded replies of version 3. The link with the number 2 is
// the one that is put into a campaign; one domain is read from among all.
func harness3() adaptertest.Harness { return harness3With(Config{}) }

func harness3With(cfg Config) adaptertest.Harness {
	return adaptertest.Harness{
		Outlives: []api.Operation{api.CreateLink, api.CreateLinks},
		Replies:  "../../testdata/upstream/dglnk3",
		Routes: map[string]api.Operation{
			"GET /api/v1/link":                    api.ListLinks,
			"GET /api/v1/link/{id}":               api.GetLink,
			"GET /api/v1/link/2":                  api.AssignLinkToCampaign,
			"POST /api/v1/link":                   api.CreateLink,
			"POST /api/v1/link/batch/shorten":     api.CreateLinks,
			"PUT /api/v1/link/{id}":               api.UpdateLink,
			"DELETE /api/v1/link/{id}":            api.DeleteLink,
			"GET /api/v1/reports/clicks":          api.GetLinkStatistics,
			"GET /api/v1/link-group":              api.ListCampaigns,
			"GET /api/v1/link-group/{id}":         api.GetCampaign,
			"POST /api/v1/link-group":             api.CreateCampaign,
			"PUT /api/v1/link-group/{id}":         api.UpdateCampaign,
			"DELETE /api/v1/link-group/{id}":      api.DeleteCampaign,
			"POST /api/v1/link-group/{id}/{verb}": api.UpdateCampaign,
			"GET /api/v1/custom-domain":           api.ListDomains,
			"GET /api/v1/custom-domain/{id}":      api.GetDomain,
			"POST /api/v1/custom-domain":          api.CreateDomain,
			"DELETE /api/v1/custom-domain/{id}":   api.DeleteDomain,
			"GET /api/v1/tp":                      api.ListPixels,
			"GET /api/v1/tp/{id}":                 api.GetPixel,
			"POST /api/v1/tp":                     api.CreatePixel,
			"PUT /api/v1/tp/{id}":                 api.UpdatePixel,
			"DELETE /api/v1/tp/{id}":              api.DeletePixel,
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
			c := cfg
			c.Name, c.APIVersion, c.Unsupported, c.Timeout, c.Logger = adaptertest.Name, 3, s.Unsupported, s.Timeout, s.Logger
			c.Drift = drift.New(adaptertest.Name, drift.Options{})
			b, err := New(c, client, &ledgertest.Memory{})
			if err != nil {
				tb.Fatal(err)
			}
			return b
		},
	}
}

func TestVersion3(t *testing.T) { adaptertest.Run(t, harness3()) }
