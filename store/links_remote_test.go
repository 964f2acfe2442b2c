package store_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
)

const owner = "main:dg"

func changeRemote(t *testing.T, s *store.Store, account string, id int64, change func(l *shortener.Link)) {
	t.Helper()
	err := s.ChangeRemoteLink(t.Context(), account, id, func(l *shortener.Link) error {
		l.URL = "https://sho.rt/abc"
		change(l)
		return nil
	})
	if err != nil {
		t.Fatalf("ChangeRemoteLink(%d) = %v", id, err)
	}
}

func remoteLinks(t *testing.T, s *store.Store, account string, ids ...int64) []shortener.Link {
	t.Helper()
	links, err := s.RemoteLinks(t.Context(), account, ids)
	if err != nil {
		t.Fatalf("RemoteLinks(%v) = %v", ids, err)
	}
	slices.SortFunc(links, func(a, b shortener.Link) int { return int(shortener.RemoteID(&a) - shortener.RemoteID(&b)) })
	return links
}

func TestStore_RemoteLinks(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, now *time.Time) {
		campaign := create(t, s.Campaigns(), shortener.Campaign{Account: owner, Name: "Spring", Slug: "spring"})
		channel := create(t, s.Channels(), shortener.Channel{Account: owner, Name: "Print"})
		code := create(t, s.QRCodes(), shortener.QRCode{Link: shortener.Link{Account: owner, Alias: "code", Type: shortener.TypeDirect, Options: shortener.Options{QR: &shortener.QR{Type: "text"}}}})
		if err := s.AssignToChannel(t.Context(), owner, channel.ID, "qr", code.ID); err != nil {
			t.Fatal(err)
		}
		*now = now.Add(time.Second)
		const large = 1 << 50
		changeRemote(t, s, owner, 7, func(l *shortener.Link) {
			if l.ID != 0 {
				t.Errorf("a new record has the id %d", l.ID)
			}
			l.Description, l.MetaTitle = "note", "Seven"
			l.Campaign, l.Channels = campaign.ID, []int64{channel.ID}
		})
		changeRemote(t, s, owner, large, func(l *shortener.Link) { l.Description = "large" })
		changeRemote(t, s, "other:dg", 7, func(l *shortener.Link) { l.Description = "another" })
		changeRemote(t, s, owner, 7, func(l *shortener.Link) {
			if l.ID == 0 || l.Description != "note" || l.Campaign != campaign.ID || !slices.Equal(l.Channels, []int64{channel.ID}) {
				t.Errorf("the record was not found again: %+v", l)
			}
			l.Description = "changed"
		})

		got := remoteLinks(t, s, owner, 7, 8, large)
		if len(got) != 2 || got[0].Description != "changed" || got[0].Campaign != campaign.ID ||
			!slices.Equal(got[0].Channels, []int64{channel.ID}) || shortener.RemoteID(&got[1]) != large {
			t.Fatalf("RemoteLinks = %+v", got)
		}
		if got := remoteLinks(t, s, "other:dg", 7); len(got) != 1 || got[0].Description != "another" {
			t.Errorf("RemoteLinks of another = %+v", got)
		}
		if got := remoteLinks(t, s, owner); len(got) != 0 {
			t.Errorf("RemoteLinks of none = %+v", got)
		}

		links, err := s.CampaignLinks(t.Context(), campaign.ID, 10)
		if err != nil || len(links) != 1 || links[0].URL != "https://sho.rt/abc" || links[0].Kind != shortener.KindRemote {
			t.Errorf("CampaignLinks = %+v, %v", links, err)
		}
		items, total, err := s.ChannelItems(t.Context(), owner, channel.ID, 10, 0)
		if err != nil || total != 2 || len(items) != 2 || items[0].Type != "links" || items[0].ID != 7 || items[1].Type != "qr" || items[1].ID != code.ID {
			t.Errorf("ChannelItems = %+v, %d, %v", items, total, err)
		}

		// Nothing else of the store takes them for links of its own.
		row := got[0].ID
		if list, total, err := s.Links(t.Context(), shortener.Filter{Account: owner, Limit: 10}); err != nil || total != 0 || len(list) != 0 {
			t.Errorf("Links = %+v, %d, %v", list, total, err)
		}
		_, err = s.Link(t.Context(), owner, row)
		wantError(t, "Link", err, api.NotFound, "Link not found. Please try again.")
		_, err = s.DeleteLink(t.Context(), owner, row)
		wantError(t, "DeleteLink", err, api.NotFound, "Link not found. Please try again.")
		err = s.AssignToCampaign(t.Context(), owner, campaign.ID, row)
		wantError(t, "AssignToCampaign", err, api.NotFound, "Link not found. Please try again.")

		// What they refer to lets go of them.
		if _, err := s.Campaigns().Delete(t.Context(), owner, campaign.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Channels().Delete(t.Context(), owner, channel.ID); err != nil {
			t.Fatal(err)
		}
		if got := remoteLinks(t, s, owner, 7); len(got) != 1 || got[0].Campaign != 0 || len(got[0].Channels) != 0 {
			t.Errorf("after the deletes: %+v", got)
		}

		for range 2 {
			if err := s.DeleteRemoteLink(t.Context(), owner, 7); err != nil {
				t.Fatal(err)
			}
		}
		if got := remoteLinks(t, s, owner, 7, large); len(got) != 1 {
			t.Errorf("after DeleteRemoteLink: %+v", got)
		}
		if got := remoteLinks(t, s, "other:dg", 7); len(got) != 1 {
			t.Errorf("DeleteRemoteLink took another account's: %+v", got)
		}
	})
}

func TestStore_RemoteLinkOfNothing(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		foreign := create(t, s.Campaigns(), shortener.Campaign{Account: "other:dg", Name: "Theirs"})
		err := s.ChangeRemoteLink(t.Context(), owner, 7, func(l *shortener.Link) error {
			l.Campaign, l.Channels = foreign.ID, []int64{99}
			return nil
		})
		wantError(t, "ChangeRemoteLink", err, api.Invalid, "Campaign not found. Please try again.", "campaign", "channel")
		if got := remoteLinks(t, s, owner, 7); len(got) != 0 {
			t.Errorf("a refused record is there: %+v", got)
		}
	})
}

// TestStore_RemoteLinkAtOnce: of many that add one record at once none fails,
// and none of their changes is lost.
func TestStore_RemoteLinkAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		channels := make([]int64, 8)
		for i := range channels {
			channels[i] = create(t, s.Channels(), shortener.Channel{Account: owner, Name: "Print"}).ID
		}
		var wg sync.WaitGroup
		for _, id := range channels {
			wg.Go(func() {
				err := s.ChangeRemoteLink(t.Context(), owner, 7, func(l *shortener.Link) error {
					l.Channels = append(l.Channels, id)
					return nil
				})
				if err != nil {
					t.Errorf("ChangeRemoteLink = %v", err)
				}
			})
		}
		wg.Wait()
		if got := remoteLinks(t, s, owner, 7); len(got) != 1 || !slices.Equal(got[0].Channels, channels) {
			t.Errorf("RemoteLinks = %+v; want the channels %v", got, channels)
		}
	})
}
