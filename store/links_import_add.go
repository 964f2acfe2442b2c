package store

import (
	"cmp"
	"errors"
	"slices"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

var (
	insertLinks = newRowStatement(`INSERT INTO links (domain, alias, url, reuse_key, type, password_hash, expires, public,
		meta_title, meta_description, meta_image, description, campaign, external_id, options, search, updated,
		created, account, kind) VALUES `, "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		" ON CONFLICT DO NOTHING RETURNING id, domain, alias")

	insertClicks = newRowStatement("INSERT INTO link_clicks (link_id, clicks, uniques, carried, carried_uniques) VALUES ",
		"(?, ?, ?, ?, ?)", "")

	insertItems = newRowStatement("INSERT INTO channel_items (channel_id, link_id, added) VALUES ", "(?, ?, ?)",
		" ON CONFLICT DO NOTHING")

	// What was taken never becomes less.
	insertTaken = newRowStatement("INSERT INTO link_limits (link_id, taken) VALUES ", "(?, ?)",
		" ON CONFLICT (link_id) DO UPDATE SET taken = excluded.taken WHERE link_limits.taken < excluded.taken")

	insertPixels = newRowStatement("INSERT INTO link_pixels (pixel_id, link_id) VALUES ", "(?, ?)", " ON CONFLICT DO NOTHING")
)

// importLock is the key of those who import many links at once: "import".
const importLock = 0x696d706f7274

// importedLink is a link with what is written of it.
type importedLink struct {
	link  shortener.Link
	args  []any
	dated bool // that it says when it was made
	keep  func(l, was *shortener.Link)
}

// importBatch is the job that writes links. It changes nothing of what it was
// given but the results.
type importBatch struct {
	s       *Store
	tx      *session
	links   []importedLink
	results []shortener.Imported
}

// add adds the links that are new, and returns the numbers of those that replace
// one or cannot be.
func (b *importBatch) add() (rest []int, err error) {
	added, replacing, err := b.sort()
	if err != nil {
		return nil, err
	}
	if len(added) > 1 {
		// Ids are in the order of the links. Two that import the same in different
		// orders would wait for each other in a circle.
		if err := b.tx.lockKey(importLock); err != nil {
			return nil, err
		}
	}
	taken, err := b.insert(added)
	return append(replacing, taken...), err
}

// sort returns the numbers of the links that are new and refer to nothing that is
// missing, and of those that replace one.
func (b *importBatch) sort() (added, replacing []int, err error) {
	c := references{tx: b.tx, known: map[reference]bool{}}
	for i := range b.links {
		l := &b.links[i].link
		if l.ID != 0 {
			replacing = append(replacing, i)
			continue
		}
		err := c.check(&shortener.Link{}, l)
		if e, ok := errors.AsType[*api.Error](err); ok {
			b.results[i].Err = e
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		added = append(added, i)
	}
	return added, replacing, nil
}

// insert adds links, and returns the numbers of those that are not free to be.
func (b *importBatch) insert(added []int) (taken []int, err error) {
	args := make([]any, 0, insertLinks.width*len(added))
	at := make(map[shortener.Address]int, len(added))
	for _, i := range added {
		l := &b.links[i]
		address := shortener.Address{Domain: l.link.Domain, Alias: l.link.Alias}
		if _, twice := at[address]; twice {
			taken = append(taken, i)
			continue
		}
		at[address] = i
		args = append(args, l.args...)
	}
	err = insertLinks.query(b.tx, args, func(r row) error {
		var id int64
		var address shortener.Address
		if err := r.Scan(&id, &address.Domain, &address.Alias); err != nil {
			return err
		}
		i := at[address]
		link := b.links[i].link
		link.ID = id
		b.results[i].Link = &link
		return nil
	})
	if err != nil {
		return nil, err
	}
	var made []*shortener.Link
	for _, i := range added {
		if l := b.results[i].Link; l != nil {
			made = append(made, l)
		} else if !slices.Contains(taken, i) {
			taken = append(taken, i)
		}
	}
	slices.Sort(taken)
	return taken, b.belongings(made)
}

// belongings writes what stands in other tables of new links.
func (b *importBatch) belongings(links []*shortener.Link) error {
	slices.SortFunc(links, func(l, m *shortener.Link) int { return cmp.Compare(l.ID, m.ID) })
	clicks := make([]any, 0, insertClicks.width*len(links))
	var items, pixels, taken []any
	for _, l := range links {
		clicks = append(clicks, l.ID, l.Clicks, l.UniqueClicks, l.CarriedClicks, l.CarriedUniques)
		for _, channel := range l.Channels {
			items = append(items, channel, l.ID, moment(l.Updated))
		}
		for _, pixel := range l.Options.Pixels {
			pixels = append(pixels, pixel, l.ID)
		}
		if l.Taken > 0 {
			taken = append(taken, l.ID, l.Taken)
		}
	}
	if _, err := insertClicks.exec(b.tx, clicks); err != nil {
		return err
	}
	if _, err := insertItems.exec(b.tx, items); err != nil {
		return err
	}
	if _, err := insertTaken.exec(b.tx, taken); err != nil {
		return err
	}
	_, err := insertPixels.exec(b.tx, pixels)
	return err
}
