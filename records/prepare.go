package records

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// Checker says what is wrong with records as such. It asks nobody else.
type Checker interface {
	CheckImported(l *shortener.Link) error
	CheckImportedDomain(d *shortener.Domain) error
	CheckImportedAddress(field, address string) error
}

// maxID is above every id that is kept: what lies above means something else to
// clients.
const maxID = 1 << 39

// prepare makes a record what the target takes: of its account, with the target's
// ids. The state is Skipped for a record that is passed over.
func (im *importer) prepare(ctx context.Context, p *pending) (State, error) {
	switch r := p.r.(type) {
	case *Account:
		if im.o.Account != "" {
			return Skipped, nil
		}
		return Added, needs("name", r.Name)
	case *Backend:
		if im.o.Account != "" {
			return Skipped, nil
		}
		return Added, needs("name", r.Name)
	case *Secret:
		if im.o.Account != "" {
			return Skipped, nil
		}
		return Added, needs("name", r.Name)
	case *Orphan, *LastID:
		if im.o.Account != "" {
			return Skipped, nil
		}
		return Added, nil
	case *Key:
		im.own(&r.Account)
		return Added, needs("keyhash", r.KeyHash)
	case *Ledger:
		im.own(&r.Account)
		p.id, r.ID = r.ID, inRange(r.ID)
		return Added, needs("backend", r.Backend)
	case *Link:
		return Added, im.prepareLink(ctx, p, r)
	case *Item:
		return im.refer(KindChannel, &r.Channel, "channel", KindLink, &r.Link, "link")
	case *Hour:
		return im.refer(KindLink, &r.Link, "link", "", nil, "")
	case *Day:
		return im.refer(KindLink, &r.Link, "link", "", nil, "")
	}
	return Added, im.prepareObject(p)
}

func (im *importer) prepareObject(p *pending) error {
	var id *int64
	var account *string
	var wrong error
	switch r := p.r.(type) {
	case *Domain:
		id, account = &r.ID, &r.Account
		r.Host = strings.ToLower(r.Host)
		if r.Scheme == "" {
			r.Scheme = "https"
		}
		wrong = im.o.Checker.CheckImportedDomain((*shortener.Domain)(r))
	case *Pixel:
		id, account = &r.ID, &r.Account
		wrong = errors.Join(needs("type", r.Type), needs("tag", r.Tag))
	case *Splash:
		id, account = &r.ID, &r.Account
		wrong = im.address("image", r.Image)
	case *Overlay:
		id, account = &r.ID, &r.Account
		if im.header == nil && r.Type == "" {
			r.Type = "message"
		}
		if im.header == nil && r.Position == "" {
			r.Position = "bottomright"
		}
		wrong = im.address("to", r.Link)
	case *Campaign:
		id, account = &r.ID, &r.Account
		wrong = needs("name", r.Name)
	case *Channel:
		id, account = &r.ID, &r.Account
		wrong = needs("name", r.Name)
	default:
		return fmt.Errorf("a %s stands nowhere by itself", p.r.Kind())
	}
	im.own(account)
	p.id, *id = *id, inRange(*id)
	return wrong
}

// own sets the account of a record.
func (im *importer) own(account *string) {
	switch {
	case im.o.Account != "":
		*account = im.o.Account
	case *account == "":
		*account = api.MainAccount
	}
}

func needs(field, value string) error {
	if value == "" {
		return &RowError{Field: field, Err: errors.New("is missing")}
	}
	return nil
}

func (im *importer) address(field, address string) error {
	if address == "" {
		return nil
	}
	return im.o.Checker.CheckImportedAddress(field, address)
}

func inRange(id int64) int64 {
	if id < 0 || id >= maxID {
		return 0
	}
	return id
}

// refer turns one or two references into the target's ids. What belongs to
// something that was left out is passed over.
func (im *importer) refer(kind Kind, id *int64, field string, otherKind Kind, other *int64, otherField string) (State, error) {
	to, err := im.lookUp(kind, *id, field)
	if err != nil {
		return Failed, err
	}
	otherTo := int64(planned)
	if other != nil {
		if otherTo, err = im.lookUp(otherKind, *other, otherField); err != nil {
			return Failed, err
		}
		*other = otherTo
	}
	*id = to
	if to == leftOut || otherTo == leftOut {
		return Skipped, nil
	}
	return Added, nil
}

func (im *importer) lookUp(kind Kind, id int64, field string) (int64, error) {
	to, known := im.idsOf(kind).get(id)
	if !known {
		return 0, &RowError{Field: field, Err: fmt.Errorf("no %s above in the file has the id %d", kind, id)}
	}
	return to, nil
}

// object is lookUp for what a link cannot be without.
func (im *importer) object(kind Kind, id int64, field string) (int64, error) {
	to, err := im.lookUp(kind, id, field)
	if err == nil && to == leftOut {
		err = &RowError{Field: field, Err: fmt.Errorf("the %s with the id %d was not imported", kind, id)}
	}
	return to, err
}
