package caddymodule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/simulate"
)

// TestRemote_BulkClientGone: whoever hangs up in the middle of a bulk request and
// sends it again has each link once, those too that were made before.
func TestRemote_BulkClientGone(t *testing.T) {
	for _, kind := range remoteKinds {
		t.Run(kind, func(t *testing.T) {
			remote := simulated(t, kind, simulate.Options{})
			s := nativeSite(t, inDoubt(remote, "timeout 10s"))
			const items = 8
			var urls []string
			for i := range items {
				// Titles apart, so that no two are made in one group.
				urls = append(urls, fmt.Sprintf(`{"url":"https://example.com/%d","metatitle":"No %d"}`, i, i))
			}
			body := `{"urls":[` + strings.Join(urls, ",") + `]}`
			remote.fail(t, simulate.Fault{Kind: simulate.Latency, Delay: 250 * time.Millisecond, Method: "POST"})
			s.abandoned(t, "/api/urls/bulk", body, func() bool { return len(remote.shorts()) >= 2 })
			eventually(t, "all of them are there", func() bool {
				a := s.do("POST", "/api/urls/bulk", gempixelKey, `{"urls":[`+strings.Join(urls, ",")+`]}`)
				if a.Status != 200 {
					return false
				}
				// What was answered is not asked for again.
				var failed []string
				for i, r := range a.get("data.results").Array() {
					if r.Get("error").Int() != 0 {
						failed = append(failed, urls[i])
					}
				}
				urls = failed
				return len(urls) == 0
			})
			if shorts := remote.shorts(); len(shorts) != items {
				t.Errorf("the site has %d links; want %d", len(shorts), items)
			}
		})
	}
}
