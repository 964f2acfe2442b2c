package native_test

import (
	"strings"
	"testing"

	"github.com/linkquay/linkquay/api"
)

// updates are documents that change what they are sent to.
var updates = map[api.Operation]string{
	api.UpdateLink: `{"metatitle":"x"}`, api.UpdateQRCode: `{"name":"x"}`, api.UpdateCampaign: `{"name":"x"}`,
	api.UpdateChannel: `{"name":"x"}`, api.UpdateDomain: `{"redirectroot":"https://example.org/"}`, api.UpdatePixel: `{"name":"x"}`,
	api.UpdateSplashPage: `{"name":"x"}`, api.UpdateOverlay: `{"name":"x"}`,
}

// TestOwners makes sure that no operation of the contract tells another
// account's object from one that does not exist.
func TestOwners(t *testing.T) {
	s := newSite(t)
	s.furnishAll()
	before := s.everything()
	tried := 0
	for _, op := range s.contract.Operations() {
		if !strings.Contains(op.Path, "{") || op.ID == api.UploadFile {
			continue
		}
		tried++
		request := in{account: "other", body: updates[op.ID], itemType: "links", item: 1}
		request.id = 99
		unknown := s.refused(op.ID, request, api.NotFound, "")
		request.id = 1
		if theirs := s.refused(op.ID, request, api.NotFound, ""); theirs != unknown {
			t.Errorf("%s says %q of what another account has, and %q of what nobody has", op.ID, theirs, unknown)
		}
	}
	if tried < 25 {
		t.Errorf("%d operations were tried", tried)
	}
	if after := s.everything(); after != before {
		t.Errorf("another account has changed\n%s\ninto\n%s", before, after)
	}
	// Nor is an item of somebody else's taken into what is one's own.
	s.do(api.CreateCampaign, in{account: "other", body: `{"name":"c"}`})
	s.do(api.CreateChannel, in{account: "other", body: `{"name":"c"}`})
	s.refused(api.AssignLinkToCampaign, in{account: "other", id: 2, item: 1}, api.NotFound, "")
	for _, itemType := range []string{"links", "qr"} {
		s.refused(api.AssignItemToChannel, in{account: "other", id: 2, itemType: itemType, item: 1}, api.NotFound, "")
	}
	s.expect(s.do(api.ListChannelItems, in{account: "other", id: 2}), map[string]string{"data.result": "0"})
}

// everything is what the lists of the main account show.
func (s *site) everything() string {
	var all strings.Builder
	for _, op := range []api.Operation{
		api.ListLinks, api.ListQRCodes, api.ListCampaigns, api.ListChannels, api.ListDomains, api.ListFiles, api.ListPixels,
		api.ListSplashPages, api.ListOverlays,
	} {
		all.WriteString(s.do(op, in{}).Raw + "\n")
	}
	return all.String() + s.do(api.ListChannelItems, in{id: 1}).Raw
}
