package store

import (
	"context"
	"database/sql"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

const campaignMissing = "Campaign not found. Please try again."

var campaigns = withStatements(objectTable[shortener.Campaign]{
	name:    "campaigns",
	columns: []string{"name", "slug", "public"},
	values:  func(c *shortener.Campaign) []any { return []any{&c.Name, &c.Slug, &c.Public} },
	identity: func(c *shortener.Campaign) identity {
		return identity{&c.ID, &c.Account, &c.Created}
	},
	label:   func(c *shortener.Campaign) string { return c.Name },
	missing: campaignMissing,
	taken:   api.FieldError{Field: "slug", Message: "That slug is taken. Please choose another one."},
	release: func(tx *session, c *shortener.Campaign, updated sql.NullInt64) ([]shortener.Address, error) {
		// Visitors of a link see nothing of its campaign.
		_, err := tx.exec("UPDATE links SET campaign = 0, updated = ? WHERE campaign = ? AND campaign <> 0", updated, c.ID)
		return nil, err
	},
})

// Campaigns keeps campaigns.
func (s *Store) Campaigns() shortener.Objects[shortener.Campaign] {
	return objects[shortener.Campaign]{s, campaigns}
}

// CampaignBySlug returns the campaign with the rotator's slug, of whatever
// account.
func (s *Store) CampaignBySlug(ctx context.Context, slug string) (*shortener.Campaign, error) {
	return objects[shortener.Campaign]{s, campaigns}.find(ctx, campaigns.all+" WHERE slug = ? AND slug <> ''", slug)
}

// CampaignLinks returns the links of a campaign in order of id.
func (s *Store) CampaignLinks(ctx context.Context, campaign int64, limit int) (links []shortener.Link, err error) {
	rows, err := s.pools.lookups.QueryContext(ctx, selectLink+` WHERE l.campaign = ? AND l.campaign <> 0 AND l.kind IN ('', 'remote')
		ORDER BY l.id LIMIT ?`, campaign, max(limit, 0))
	if err != nil {
		return nil, codedError("reading links of a campaign", err)
	}
	err = scanRows(rows, func(r row) error {
		links = append(links, shortener.Link{})
		return scanLink(r, &links[len(links)-1])
	})
	if err != nil {
		return nil, codedError("reading links of a campaign", err)
	}
	return links, nil
}

// AssignToCampaign moves a link of the account into a campaign of it.
func (s *Store) AssignToCampaign(ctx context.Context, account string, campaign, link int64) error {
	err := s.writer.do(ctx, func(tx *session) error {
		var id int64
		err := tx.queryRow("SELECT id FROM campaigns WHERE id = ? AND account = ?"+tx.forReference(), campaign, account).Scan(&id)
		if err != nil {
			return campaigns.codedError("reading", err)
		}
		// What is in a campaign, others may see: from now on it is nobody else's.
		return oneRow(tx.exec("UPDATE links SET campaign = ?, updated = ?, reuse_key = NULL WHERE id = ? AND account = ? AND kind = ''",
			campaign, moment(s.stamp()), link, account))
	})
	return linkError("assigning link to campaign", err)
}
