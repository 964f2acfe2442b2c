package migrate

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// searchedRows is how many rows are looked through for one link.
const searchedRows = 100

// groups are the campaign and the channels of a link.
type groups struct {
	campaign int64
	channels []int64

	// tellsCampaign and tellsChannels say that the row had them at all.
	tellsCampaign, tellsChannels bool
}

// groupsOf reads them off the row of a list.
func groupsOf(row gjson.Result) groups {
	campaign, channels := translate.Member(row, "campaign"), translate.Member(row, "channel")
	g := groups{channels: idsIn(channels), tellsCampaign: campaign.Exists(), tellsChannels: channels.Exists()}
	if g.channels == nil && len(channels.Array()) > 0 {
		g.tellsChannels = false // It names them in some other way.
	}
	if n, ok := integerOf(campaign); ok {
		g.campaign = max(n, 0)
	}
	slices.Sort(g.channels)
	return g
}

// readGroups adds the campaign and the channels that only lists tell of. What
// they do not tell either stays untold, as it all does where the place is to be
// read in brief.
func (p *Place) readGroups(ctx context.Context, r *adapters.Record) error {
	if p.Brief {
		return nil
	}
	lacksCampaign, lacksChannels := slices.Contains(r.Untold, "campaign"), slices.Contains(r.Untold, "channel")
	if lacksCampaign || lacksChannels {
		g, err := p.groups(ctx, r)
		if err != nil {
			return err
		}
		if lacksCampaign && g.tellsCampaign {
			if err := tellCampaign(r, g.campaign); err != nil {
				return err
			}
		}
		if lacksChannels && g.tellsChannels {
			tellChannels(r, g.channels)
			lacksChannels = false
		}
	}
	if !lacksChannels && r.Kind != adapters.KindQR || !p.Backend.Capabilities().Supports(api.ListChannelItems) {
		return nil
	}
	items, err := p.items(ctx)
	if err != nil {
		return err
	}
	tellChannels(r, items[item{r.Kind, r.ID}])
	return nil
}

func tellCampaign(r *adapters.Record, id int64) (err error) {
	r.Untold = without(r.Untold, "campaign")
	if id > 0 {
		r.Document, err = sjson.SetBytes(r.Document, "campaign", id)
	}
	return err
}

func tellChannels(r *adapters.Record, ids []int64) {
	r.Untold = without(r.Untold, "channel")
	r.Channels = slices.Clone(ids)
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(names, func(n string) bool { return n == name })
}

// groups returns those of a link by its row in a list: the one that List has
// come by, or else the one that a search finds. Who lists all links, and then
// gets each, needs one call for each.
func (p *Place) groups(ctx context.Context, r *adapters.Record) (groups, error) {
	g, known := p.seen.groups(r.ID)
	if known {
		return g, nil
	}
	_, alias, ok := address(r.ShortURL)
	if c := p.Backend.Capabilities()[api.ListLinks]; !ok || c.Query["q"].Support == api.Refused || c.Query["q"].Support == "" {
		return groups{}, nil
	}
	found, err := p.rows(ctx, resources[adapters.KindLink], api.Path{}, url.Values{"q": {alias}}, 1, searchedRows)
	if err != nil {
		return groups{}, err
	}
	for _, row := range found.list {
		if id, ok := integerOf(translate.Member(row, "id")); ok && id == r.ID {
			return groupsOf(row), nil
		}
	}
	return groups{}, nil
}

// item is something that channels hold.
type item struct {
	kind adapters.Kind
	id   int64
}

// items returns the channels of each thing that is in one.
func (p *Place) items(ctx context.Context) (map[item][]int64, error) {
	if err := p.seen.turn.take(ctx); err != nil {
		return nil, err
	}
	defer p.seen.turn.end()
	if items := p.seen.freshItems(); items != nil {
		return items, nil
	}
	items := map[item][]int64{}
	for page := 0; ; {
		channels, err := p.List(ctx, adapters.KindChannel, page)
		if err != nil {
			return nil, err
		}
		for i := range channels.Records {
			if err := p.addItems(ctx, channels.Records[i].ID, items); err != nil {
				return nil, err
			}
		}
		if page = channels.Next; page == 0 {
			break
		}
	}
	p.seen.setItems(items)
	return items, nil
}

// channelItems is what is in a channel, as a resource.
var channelItems = &resource{list: api.ListChannelItems, rows: "items"}

func (p *Place) addItems(ctx context.Context, channel int64, items map[item][]int64) error {
	for number, pages := 1, 1; number <= pages; number++ {
		found, err := p.rows(ctx, channelItems, api.Path{ID: channel}, nil, number, mostRows)
		if err != nil {
			if api.AsError(err).Code == api.NotFound {
				return nil // It has gone since it was listed.
			}
			return err
		}
		pages = found.pages
		for _, row := range found.list {
			one := item{kind: adapters.KindLink}
			if strings.HasPrefix(translate.Member(row, "type").Str, "qr") {
				one.kind = adapters.KindQR
			} else if translate.Member(row, "type").Str == "bio" {
				continue
			}
			if one.id, _ = integerOf(translate.Member(row, "id")); one.id > 0 && !slices.Contains(items[one], channel) {
				items[one] = append(items[one], channel)
			}
		}
	}
	return nil
}
