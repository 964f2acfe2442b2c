package shortener

import (
	"context"
	"slices"
	"sync"

	"github.com/linkquay/linkquay/api"
)

// fakeStore keeps things in maps. What it does not have panics.
type fakeStore struct {
	Store

	mu      sync.Mutex
	links   map[Address]*Link
	nextID  int64
	changes []Address
	reads   int   // of LinkByAlias
	lists   int   // of AllDomains
	imports int   // of ImportLinks
	refuse  int   // imports that are told that their alias is taken
	err     error // of every call

	// afterRead runs between LinkByAlias' read and its return.
	afterRead func()

	domains  *fakeObjects[Domain]
	qrCodes  *fakeObjects[QRCode]
	uploads  *fakeObjects[Upload]
	revision int64
	creation Creation // the latest one
}

func newFakeStore() *fakeStore {
	s := &fakeStore{links: map[Address]*Link{}}
	s.domains = newFakeObjects(s, func(d *Domain) (*int64, *Link) { return &d.ID, nil })
	s.qrCodes = newFakeObjects(s, func(q *QRCode) (*int64, *Link) { return &q.ID, &q.Link })
	s.uploads = newFakeObjects(s, func(u *Upload) (*int64, *Link) { return &u.ID, &u.Link })
	return s
}

func taken() error {
	return &api.Error{Code: api.Conflict, Message: "Taken.", Fields: []api.FieldError{{Field: "custom", Message: "Taken."}}}
}

func notFound() error { return api.Errorf(api.NotFound, "Not found.") }

func (s *fakeStore) CreateLink(_ context.Context, l *Link, how Creation) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return false, s.err
	}
	s.creation = how
	if how.Reuse {
		for _, other := range s.links {
			if other.Plain && other.URL == l.URL && other.Account == l.Account && other.Domain == l.Domain {
				*l = *other
				return true, nil
			}
		}
	}
	return false, s.insert(l)
}

func (s *fakeStore) insert(l *Link) error {
	at := Address{l.Domain, l.Alias}
	if s.links[at] != nil {
		return taken()
	}
	s.nextID++
	l.ID = s.nextID
	kept := *l
	s.links[at] = &kept
	return nil
}

func (s *fakeStore) byID(account string, id int64) *Link {
	for _, l := range s.links {
		if l.ID == id && l.Account == account {
			return l
		}
	}
	return nil
}

func (s *fakeStore) UpdateLink(_ context.Context, account string, id int64, change func(*Link) error) (before, after *Link, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.byID(account, id)
	if l == nil {
		return nil, nil, notFound()
	}
	was, is := *l, *l
	if err := change(&is); err != nil {
		return nil, nil, err
	}
	s.move(&was, &is)
	return &was, &is, nil
}

func (s *fakeStore) move(was, is *Link) {
	delete(s.links, Address{was.Domain, was.Alias})
	kept := *is
	s.links[Address{is.Domain, is.Alias}] = &kept
	s.changes = append(s.changes, Address{was.Domain, was.Alias}, Address{is.Domain, is.Alias})
}

func (s *fakeStore) DeleteLink(_ context.Context, account string, id int64) (*Link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.byID(account, id)
	if l == nil {
		return nil, notFound()
	}
	delete(s.links, Address{l.Domain, l.Alias})
	s.changes = append(s.changes, Address{l.Domain, l.Alias})
	return l, nil
}

func (s *fakeStore) LinkByAlias(_ context.Context, domain, alias string) (*Link, error) {
	s.mu.Lock()
	s.reads++
	l, err := s.links[Address{domain, alias}], s.err
	if l != nil {
		kept := *l
		l = &kept
	}
	s.mu.Unlock()
	if s.afterRead != nil {
		s.afterRead()
	}
	switch {
	case err != nil:
		return nil, err
	case l == nil:
		return nil, notFound()
	}
	return l, nil
}

func (s *fakeStore) LinkChanges(_ context.Context, after int64) ([]Address, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, 0, s.err
	}
	next := int64(len(s.changes)) + 1
	if after == 0 {
		return nil, next, nil
	}
	return slices.Clone(s.changes[after-1:]), next, nil
}

func (s *fakeStore) Domains() Objects[Domain] { return s.domains }
func (s *fakeStore) QRCodes() Objects[QRCode] { return s.qrCodes }
func (s *fakeStore) Uploads() Objects[Upload] { return s.uploads }

func (s *fakeStore) AllDomains(context.Context) ([]Domain, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists++
	var list []Domain
	for _, d := range s.domains.objects {
		list = append(list, *d)
	}
	return list, s.err
}

func (s *fakeStore) DomainsRevision(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revision, s.err
}

// fakeObjects keeps the objects of one kind; parts returns where an object's id
// is, and its link where it has one.
type fakeObjects[T any] struct {
	Objects[T]

	store   *fakeStore
	parts   func(o *T) (id *int64, link *Link)
	objects map[int64]*T
	nextID  int64
}

func newFakeObjects[T any](s *fakeStore, parts func(o *T) (*int64, *Link)) *fakeObjects[T] {
	return &fakeObjects[T]{store: s, parts: parts, objects: map[int64]*T{}}
}

func (f *fakeObjects[T]) put(o *T) {
	f.nextID++
	id, _ := f.parts(o)
	*id = f.nextID
	kept := *o
	f.objects[f.nextID] = &kept
	f.store.revision++
}

func (f *fakeObjects[T]) Create(_ context.Context, o *T, _ *Once) (bool, error) {
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	if f.store.err != nil {
		return false, f.store.err
	}
	if _, link := f.parts(o); link != nil {
		if err := f.store.insert(link); err != nil {
			return false, err
		}
	}
	f.put(o)
	return false, nil
}

func (f *fakeObjects[T]) Update(_ context.Context, _ string, id int64, change func(o *T) error) (before, after *T, err error) {
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	o := f.objects[id]
	if o == nil {
		return nil, nil, notFound()
	}
	was, is := *o, *o
	if err := change(&is); err != nil {
		return nil, nil, err
	}
	if _, link := f.parts(&is); link != nil {
		_, old := f.parts(&was)
		f.store.move(old, link)
	}
	*o = is
	f.store.revision++
	return &was, &is, nil
}

func (f *fakeObjects[T]) Delete(_ context.Context, _ string, id int64) (*T, error) {
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	o := f.objects[id]
	if o == nil {
		return nil, notFound()
	}
	delete(f.objects, id)
	if _, link := f.parts(o); link != nil {
		delete(f.store.links, Address{link.Domain, link.Alias})
	}
	f.store.revision++
	return o, nil
}
