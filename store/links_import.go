package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// importAtOnce is how many links are written by one job: on SQLite other writes
// wait for it, some hundredths of a second.
const importAtOnce = 512

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

// ImportLinks writes links of the account, each on its own, and returns what
// became of them, in their order. An error says that none was written.
func (s *Store) ImportLinks(ctx context.Context, account string, imports []shortener.Import) ([]shortener.Imported, error) {
	results := make([]shortener.Imported, 0, len(imports))
	for part := range slices.Chunk(imports, importAtOnce) {
		done, err := s.importPart(ctx, account, part)
		if err == nil {
			results = append(results, done...)
			continue
		}
		if len(results) == 0 {
			return nil, codedError("importing links", err)
		}
		failure := api.AsError(codedError("importing links", err))
		for len(results) < len(imports) {
			results = append(results, shortener.Imported{Err: failure})
		}
		break
	}
	return results, nil
}

// importPart writes what goes into one job.
func (s *Store) importPart(ctx context.Context, account string, imports []shortener.Import) ([]shortener.Imported, error) {
	links := make([]importedLink, len(imports))
	for i := range imports {
		link, args, err := s.newLink(rounded(account, &imports[i].Link))
		if err != nil {
			return nil, err
		}
		links[i] = importedLink{link: link, args: args, dated: !imports[i].Link.Created.IsZero(), keep: imports[i].Keep}
	}
	var results []shortener.Imported
	err := s.writer.do(ctx, func(tx *session) error {
		b := importBatch{s: s, tx: tx, links: links, results: make([]shortener.Imported, len(links))}
		results = b.results
		return b.run()
	})
	if isUnstorable(err) && len(imports) > 1 {
		// Which one it is, only the database knows.
		results = results[:0]
		for i := range imports {
			one, err := s.importPart(ctx, account, imports[i:i+1])
			if isUnstorable(err) {
				one, err = []shortener.Imported{{Err: api.AsError(codedError("importing a link", err))}}, nil
			}
			if err != nil && i == 0 {
				return nil, err
			}
			if err != nil {
				one = []shortener.Imported{{Err: api.AsError(codedError("importing a link", err))}}
			}
			results = append(results, one...)
		}
		return results, nil
	}
	return results, err
}

// rounded returns the link with its times as they will be read back.
func rounded(account string, l *shortener.Link) *shortener.Link {
	r := *l
	r.Account, r.Kind = account, shortener.KindLink
	for _, t := range []*time.Time{&r.Expires, &r.Created, &r.Updated} {
		if !t.IsZero() {
			*t = t.UTC().Truncate(time.Millisecond)
		}
	}
	return &r
}

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
	changed []shortener.Address
}

func (b *importBatch) run() error {
	added, replacing, err := b.sort()
	if err != nil {
		return err
	}
	taken, err := b.insert(added)
	if err != nil {
		return err
	}
	for _, i := range append(replacing, taken...) {
		if err := b.alone(i); err != nil {
			return err
		}
	}
	if len(b.changed) == 0 {
		return nil
	}
	return b.s.noteChanges(b.tx, b.changed)
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
	// Two processes that import the same never wait for each other in a circle.
	slices.SortFunc(added, func(i, j int) int {
		l, m := &b.links[i].link, &b.links[j].link
		return cmp.Or(cmp.Compare(l.Domain, m.Domain), cmp.Compare(l.Alias, m.Alias), cmp.Compare(i, j))
	})
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

// alone writes a link that is there already, or cannot be. What it did is undone
// where it fails, and the others stay.
func (b *importBatch) alone(i int) error {
	if _, err := b.tx.exec("SAVEPOINT import"); err != nil {
		return err
	}
	link, was, err := b.replace(&b.links[i])
	failure, ours := errors.AsType[*api.Error](err)
	if !ours && (isDuplicate(err) || errors.Is(err, sql.ErrNoRows)) {
		failure, ours = api.AsError(linkError("importing a link", err)), true
	}
	switch {
	case ours:
		b.results[i].Err = failure
		if _, err := b.tx.exec("ROLLBACK TO SAVEPOINT import"); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		b.results[i].Link, b.results[i].Was = link, was
	}
	_, err = b.tx.exec("RELEASE SAVEPOINT import")
	return err
}

// replace writes the link over the one with its ID, or at its address where that
// is the same link.
func (b *importBatch) replace(in *importedLink) (after, before *shortener.Link, err error) {
	before = &shortener.Link{}
	l := &in.link
	if l.ID != 0 {
		err = readLink(b.tx, before, selectLinkByID+b.tx.forUpdate("l"), l.ID, l.Account)
	} else {
		err = readLink(b.tx, before, selectLinkByAlias+b.tx.forUpdate("l"), l.Domain, l.Alias)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			// Nothing stands there: it was the external id.
			return nil, nil, conflict("externalid", "Another link has this external id already.")
		case err == nil && (before.Account != l.Account || before.Kind != l.Kind || before.URL != l.URL):
			return nil, nil, conflict("custom", "That alias is taken. Please choose another one.")
		}
	}
	if err != nil {
		return nil, nil, err
	}
	if l.Taken > 0 {
		if _, err := insertTaken.exec(b.tx, []any{before.ID, l.Taken}); err != nil {
			return nil, nil, err
		}
	}
	link, err := in.over(before)
	if err != nil {
		return nil, nil, err
	}
	same, err := isSame(before, link)
	if same || err != nil {
		return before, before, err
	}
	link.Plain, link.Updated = false, b.s.stamp()
	if err := b.save(before, link); err != nil {
		return nil, nil, err
	}
	return link, before, nil
}

// over returns the link as it will be in the place of another.
func (in *importedLink) over(before *shortener.Link) (*shortener.Link, error) {
	l := in.link
	var err error
	if l.Options, err = copyOptions(&in.link.Options); err != nil {
		return nil, err
	}
	if in.keep != nil {
		in.keep(&l, before)
	}
	l.ID, l.Account, l.Kind, l.Plain = before.ID, before.Account, before.Kind, before.Plain
	l.Clicks, l.UniqueClicks, l.Updated = before.Clicks, before.UniqueClicks, before.Updated
	l.Channels = ascending(l.Channels)
	if l.Alias == "" {
		l.Alias = before.Alias
	}
	if !in.dated {
		l.Created = before.Created
	}
	return &l, nil
}

// isSame reports whether there is nothing to write.
func isSame(before, after *shortener.Link) (bool, error) {
	was, err := linkArgs(before)
	if err != nil {
		return false, err
	}
	is, err := linkArgs(after)
	return reflect.DeepEqual(was, is) && slices.Equal(before.Channels, after.Channels) &&
		before.Created.Equal(after.Created) &&
		before.CarriedClicks == after.CarriedClicks && before.CarriedUniques == after.CarriedUniques, err
}

// save writes the link with what saveLink does not: when it was made.
func (b *importBatch) save(before, after *shortener.Link) error {
	if !after.Created.Equal(before.Created) {
		if err := oneRow(b.tx.exec("UPDATE links SET created = ? WHERE id = ?", moment(after.Created), after.ID)); err != nil {
			return err
		}
	}
	return b.s.saveLink(b.tx, before, after)
}
