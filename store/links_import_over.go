package store

import (
	"database/sql"
	"errors"
	"reflect"
	"slices"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// replaceAll writes the links with the numbers, each alone.
func (b *importBatch) replaceAll(numbers []int) error {
	for _, i := range numbers {
		if err := b.alone(i); err != nil {
			return err
		}
	}
	return nil
}

// alone writes a link that is there already, or cannot be. What it did is undone
// where it fails, and the others stay.
func (b *importBatch) alone(i int) error {
	if _, err := b.tx.exec("SAVEPOINT import"); err != nil {
		return err
	}
	link, was, err := b.replace(&b.links[i])
	failure, ours := errors.AsType[*api.Error](err)
	if !ours && (isDuplicate(err) || isUnstorable(err) || errors.Is(err, sql.ErrNoRows)) {
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
		case errors.Is(err, sql.ErrNoRows) && l.ExternalID != "":
			// Nothing stands there: it was the external id.
			return nil, nil, conflict("externalid", "Another link has this external id already.")
		case errors.Is(err, sql.ErrNoRows), err == nil && (before.Account != l.Account || before.Kind != l.Kind || before.URL != l.URL):
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
