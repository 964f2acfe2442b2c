package store_test

import (
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
)

func TestStore_ChannelItems(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, now *time.Time) {
		for _, account := range []string{"acme", "acme", "other"} {
			create(t, s.Channels(), shortener.Channel{Account: account})
		}
		createLink(t, s, link("other", "theirs"))
		a := createLink(t, s, link("acme", "a"))
		code := create(t, s.QRCodes(), shortener.QRCode{Link: *link("acme", "code")})
		b := link("acme", "b")
		b.Channels = []int64{2, 1, 2}
		createLink(t, s, b)

		assign := func(channel int64, itemType string, item int64) error {
			*now = now.Add(time.Second)
			return s.AssignToChannel(t.Context(), "acme", channel, itemType, item)
		}
		for range 2 {
			for _, err := range []error{assign(1, "links", a.ID), assign(1, "qr", code.ID), assign(2, "links", a.ID)} {
				if err != nil {
					t.Errorf("AssignToChannel() = %v", err)
				}
			}
		}
		wantError(t, "another account's channel", assign(3, "links", a.ID), api.NotFound, "Channel does not exist")
		wantError(t, "another account's link", assign(1, "links", 1), api.NotFound, "Link not found. Please try again.")
		wantError(t, "a QR code's link", assign(1, "links", code.Link.ID), api.NotFound, "Link not found. Please try again.")
		wantError(t, "an unknown QR code", assign(1, "qr", 9), api.NotFound, "QR code not found. Please try again.")
		wantError(t, "an unknown type", assign(1, "files", 1), api.Invalid, `type must be "links" or "qr".`, "type")

		a.Channels, b.Channels, code.Link.Channels = []int64{1, 2}, []int64{1, 2}, []int64{1}
		want := []shortener.Item{
			{Type: "qr", ID: code.ID, Link: code.Link}, {Type: "links", ID: a.ID, Link: *a}, {Type: "links", ID: b.ID, Link: *b},
		}
		items, total, err := s.ChannelItems(t.Context(), "acme", 1, 10, 0)
		if err != nil || total != 3 {
			t.Errorf("ChannelItems() = %d, %v; want 3", total, err)
		}
		same(t, "ChannelItems", items, want)
		items, total, err = s.ChannelItems(t.Context(), "acme", 1, 1, 1)
		if err != nil || total != 3 {
			t.Errorf("second page = %d, %v; want 3", total, err)
		}
		same(t, "second page", items, want[1:2])
		_, _, err = s.ChannelItems(t.Context(), "acme", 3, 1, 0)
		wantError(t, "ChannelItems of another account", err, api.NotFound, "Channel does not exist")

		same(t, "Link", get(t, s, a), a)
		links, _, err := s.Links(t.Context(), shortener.Filter{Account: "acme", Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		same(t, "Links", links, []shortener.Link{*b, *a})
		if got := update(t, s, b, func(l *shortener.Link) { l.Channels = []int64{2} }); len(get(t, s, b).Channels) != 1 {
			t.Errorf("after leaving a channel: %+v", got)
		}
		if _, err := s.QRCodes().Delete(t.Context(), "acme", code.ID); err != nil {
			t.Fatal(err)
		}
		if _, total, err := s.ChannelItems(t.Context(), "acme", 1, 10, 0); err != nil || total != 1 {
			t.Errorf("ChannelItems() = %d, %v; want one", total, err)
		}
	})
}

func TestStore_CampaignLinks(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		campaign := create(t, s.Campaigns(), shortener.Campaign{Account: "acme", Slug: "sale"})
		theirs := create(t, s.Campaigns(), shortener.Campaign{Account: "other"})
		a, b := createLink(t, s, link("acme", "a")), createLink(t, s, link("acme", "b"))
		code := create(t, s.QRCodes(), shortener.QRCode{Link: shortener.Link{Account: "acme", Alias: "code", Campaign: campaign.ID}})
		foreign := createLink(t, s, link("other", "c"))

		for _, l := range []*shortener.Link{b, a, a} {
			if err := s.AssignToCampaign(t.Context(), "acme", campaign.ID, l.ID); err != nil {
				t.Errorf("AssignToCampaign() = %v", err)
			}
			l.Campaign = campaign.ID
		}
		wantError(t, "another account's campaign", s.AssignToCampaign(t.Context(), "acme", theirs.ID, a.ID), api.NotFound, "Campaign not found. Please try again.")
		wantError(t, "another account's link", s.AssignToCampaign(t.Context(), "acme", campaign.ID, foreign.ID), api.NotFound, "Link not found. Please try again.")
		wantError(t, "a QR code's link", s.AssignToCampaign(t.Context(), "acme", campaign.ID, code.Link.ID), api.NotFound, "Link not found. Please try again.")

		for limit, want := range map[int][]shortener.Link{10: {*a, *b}, 1: {*a}, 0: nil, -1: nil} {
			links, err := s.CampaignLinks(t.Context(), campaign.ID, limit)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "CampaignLinks", links, want)
		}
		got, err := s.CampaignBySlug(t.Context(), "sale")
		if err != nil {
			t.Fatal(err)
		}
		same(t, "CampaignBySlug", got, campaign)
		for _, slug := range []string{"", "Sale", "other"} {
			_, err := s.CampaignBySlug(t.Context(), slug)
			wantError(t, "CampaignBySlug of none", err, api.NotFound, "Campaign not found. Please try again.")
		}
	})
}

func TestStore_AllDomains(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		last := int64(-1)
		moved := func(what string) {
			t.Helper()
			revision, err := s.DomainsRevision(t.Context())
			if err != nil || revision == last {
				t.Errorf("DomainsRevision() after %s = %d, %v; want another one than %d", what, revision, err, last)
			}
			last = revision
		}
		moved("nothing")
		a := create(t, s.Domains(), shortener.Domain{Account: "acme", Host: "a.example", Scheme: "https"})
		moved("a create")
		b := create(t, s.Domains(), shortener.Domain{Account: "other", Host: "b.example", Scheme: "http"})
		moved("another create")
		_, a, err := s.Domains().Update(t.Context(), "acme", a.ID, func(d *shortener.Domain) error { d.Redirect404 = "https://x.example"; return nil })
		if err != nil {
			t.Fatal(err)
		}
		moved("an update")
		all, err := s.AllDomains(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		same(t, "AllDomains", all, []shortener.Domain{*a, *b})
		if _, err := s.Domains().Delete(t.Context(), "acme", a.ID); err != nil {
			t.Fatal(err)
		}
		moved("a delete")
		if _, err := s.Campaigns().Create(t.Context(), &shortener.Campaign{Account: "acme"}, nil); err != nil {
			t.Fatal(err)
		}
		if revision, err := s.DomainsRevision(t.Context()); err != nil || revision != last {
			t.Errorf("DomainsRevision() after a campaign = %d, %v; want %d still", revision, err, last)
		}
	})
}
