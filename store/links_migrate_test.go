package store

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/shortener"
)

// The first version took any number for a campaign and a channel.
func TestMigrate_FirstVersion(t *testing.T) {
	cfg := sqliteFile(t)
	p, err := openPools(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	const name = "migrations/sqlite/0001_initial.sql"
	text, err := fs.ReadFile(migrationFiles, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := migrateSchema(t.Context(), p.write, fstest.MapFS{name: {Data: text}}, zap.NewNop()); err != nil {
		t.Fatal(err)
	}
	for _, l := range []struct {
		account, alias    string
		campaign, channel int64
	}{
		{"acme", "a", 5, 7}, {"acme", "b", 5, 0}, {"beta", "c", 5, 7}, {"beta", "d", 0, 1 << 52}, {"beta", "e", -3, -3},
	} {
		_, err := p.write.db.ExecContext(t.Context(), `INSERT INTO links (account, domain, alias, url, type, password_hash, public,
			meta_title, meta_description, meta_image, description, campaign, channel, options, created, updated, search)
			VALUES (?, '', ?, 'https://example.com', 'direct', '', FALSE, '', '', '', '', ?, ?, '{}', 1000, 2000, 'x')`,
			l.account, l.alias, l.campaign, l.channel)
		if err == nil {
			_, err = p.write.db.ExecContext(t.Context(), "INSERT INTO link_clicks (link_id, clicks) SELECT MAX(id), 3 FROM links")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := p.close(); err != nil {
		t.Fatal(err)
	}

	s := openConfig(t, cfg)
	got := map[string][]any{}
	for _, account := range []string{"acme", "beta"} {
		links, _, err := s.Links(t.Context(), shortener.Filter{Account: account, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range links {
			got[l.Alias] = []any{l.Campaign, l.Channels, l.Clicks, l.Plain, l.ExternalID}
		}
		for _, search := range []string{"CAMPAIGN 5", "channel"} {
			channels, inChannels, channelsErr := s.Channels().List(t.Context(), account, search, 10, 0)
			campaigns, inCampaigns, campaignsErr := s.Campaigns().List(t.Context(), account, search, 10, 0)
			if channelsErr != nil || campaignsErr != nil || inChannels+inCampaigns == 0 {
				t.Errorf("%s has %v and %v with %q", account, channels, campaigns, search)
			}
			for _, c := range channels {
				if !strings.HasPrefix(c.Name, "Channel ") || c.Account != account {
					t.Errorf("channel of %s: %+v", account, c)
				}
			}
		}
	}
	var none []int64
	want := map[string][]any{
		"a": {int64(5), []int64{7}, int64(3), false, ""},
		"b": {int64(5), none, int64(3), false, ""},
		"c": {int64(6), []int64{8}, int64(3), false, ""},
		"d": {int64(0), []int64{9}, int64(3), false, ""},
		"e": {int64(0), none, int64(3), false, ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("links after the migration (-want +got):\n%s", diff)
	}
	next := &shortener.Channel{Account: "acme"}
	if _, err := s.Channels().Create(t.Context(), next, nil); err != nil || next.ID != 10 {
		t.Errorf("next channel = %d, %v; want id 10", next.ID, err)
	}
}
