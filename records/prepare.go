package records

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/shortener"
)

// Checker says what is wrong with records as such. It asks nobody else.
type Checker interface {
	CheckImported(l *shortener.Link) error
	CheckImportedDomain(d *shortener.Domain) error
	CheckImportedAddress(field, address string) error
}

// maxID is above every id that is kept, and maxBackend above every number of a
// backend. What lies above twice as much means something else to clients, so that
// as many are left for what is made here.
const (
	maxID      = 1 << 38
	maxBackend = 1 << 12
)

// prepare makes a record what the target takes: of its account, with the target's
// ids. The state is Skipped for a record that is passed over.
func (im *importer) prepare(ctx context.Context, p *pending) (State, error) {
	switch r := p.r.(type) {
	case *Account:
		if im.o.Account != "" {
			return Skipped, nil
		}
		r.ID = inRange(r.ID)
		return Added, cmp.Or(needs("name", r.Name), isHash(r.PasswordHash))
	case *Backend:
		if im.o.Account != "" {
			return Skipped, nil
		}
		return Added, cmp.Or(needs("name", r.Name), isBelow("id", r.ID, maxBackend))
	case *Secret:
		if im.o.Account != "" {
			return Skipped, nil
		}
		return Added, cmp.Or(needs("name", r.Name), needs("value", string(r.Value)))
	case *Orphan:
		if im.o.Account != "" {
			return Skipped, nil
		}
		return Added, nil
	case *LastID:
		if im.o.Account != "" {
			return Skipped, nil
		}
		if r.Of == KindBackend {
			return Added, isBelow("id", r.ID, maxBackend)
		}
		return Added, isBelow("id", r.ID, maxID)
	case *Key:
		im.own(&r.Account)
		return Added, cmp.Or(needs("name", r.Name), needs("keyhash", r.KeyHash))
	case *Ledger:
		im.own(&r.Account)
		p.id, r.ID = r.ID, inRange(r.ID)
		return Added, cmp.Or(needs("backend", r.Backend), isDocument(r.Document))
	case *Link:
		return Added, im.prepareLink(ctx, p, r)
	case *Retired:
		im.own(&r.Account)
		r.Domain = strings.ToLower(r.Domain)
		return Added, cmp.Or(needs("domain", r.Domain), needs("custom", r.Alias))
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
		wrong = cmp.Or(needs("type", r.Type), needs("tag", r.Tag))
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

// isHash refuses a hash of a password that nobody could verify, or that takes more
// to verify than there is.
func isHash(hash string) error {
	if hash == "" || shortener.IsPasswordHash(hash) {
		return nil
	}
	return &RowError{Field: "passwordhash", Err: errors.New("cannot be read")}
}

// isDocument refuses what is no body of a request: adapters read it unchecked.
func isDocument(document string) error {
	if document == "" || strings.HasPrefix(strings.TrimSpace(document), "{") && openapi.WellFormed([]byte(document)) == nil {
		return nil
	}
	return &RowError{Field: "document", Err: errors.New("is not a JSON object")}
}

func isBelow(field string, id, limit int64) error {
	if id < 0 || id >= limit {
		return &RowError{Field: field, Err: fmt.Errorf("must be between 0 and %d", limit-1)}
	}
	return nil
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
