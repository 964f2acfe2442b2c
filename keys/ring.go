package keys

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/linkquay/linkquay/api"
)

// Config is what a Ring is made of.
type Config struct {
	// Configured are the keys of the configuration. Their names and their
	// hashes must differ from each other.
	Configured []Record

	// ForwardBackend is the backend that takes callers' own credentials; empty
	// means that there is none, and an unknown credential is refused.
	ForwardBackend string

	// DefaultRate is the limit of keys that have none of their own, and of
	// forwarded credentials. The zero value means no limit.
	DefaultRate api.Rate

	// Secret is the instance's own, which signature tokens are made of; empty
	// means that keys have none.
	Secret []byte

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Ring is the set of keys that opens something. It is safe for concurrent use
// and never waits.
type Ring struct {
	cfg     Config
	current atomic.Pointer[snapshot]
}

// snapshot is what the ring knows between two loads. It is never changed.
type snapshot struct {
	entries map[[32]byte]*entry
	records []Record
}

type entry struct {
	hash [32]byte
	// token is the signature token, empty where there are none.
	token api.Secret
	// key is nil where it is revoked.
	key     *api.Key
	expires time.Time
}

// NewRing returns a ring of the configured keys alone. An error names the key,
// and never shows it.
func NewRing(cfg Config) (*Ring, error) {
	names := map[string]bool{}
	hashes := map[[32]byte]string{}
	for _, r := range cfg.Configured {
		if r.Name == "" {
			return nil, fmt.Errorf("a key needs a name")
		}
		if names[r.Name] {
			return nil, fmt.Errorf("key %q is configured twice", r.Name)
		}
		if other, ok := hashes[r.Hash]; ok {
			return nil, fmt.Errorf("keys %q and %q are the same key", other, r.Name)
		}
		names[r.Name], hashes[r.Hash] = true, r.Name
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Configured = slices.Clone(cfg.Configured)
	r := &Ring{cfg: cfg}
	r.Load(nil)
	return r, nil
}

// Load replaces what the ring knows of the database. A key that is both
// configured and stored is as it is configured, unless it is revoked: a
// revocation always holds. Authenticate may run at the same time and sees all
// of the change or nothing; two calls of Load must not.
func (r *Ring) Load(stored []Record) {
	s := &snapshot{entries: make(map[[32]byte]*entry, len(stored)+len(r.cfg.Configured))}
	for _, list := range [][]Record{r.cfg.Configured, stored} {
		for _, record := range list {
			known, ok := s.entries[record.Hash]
			if ok && record.Revoked.IsZero() {
				continue
			}
			if ok {
				known.key = nil
				i := slices.IndexFunc(s.records, func(o Record) bool { return o.Hash == record.Hash })
				s.records[i].Revoked = record.Revoked
				continue
			}
			record = r.effective(record)
			s.records = append(s.records, record)
			e := newEntry(record)
			if len(r.cfg.Secret) > 0 {
				e.token = Token(r.cfg.Secret, record.Hash)
			}
			s.entries[record.Hash] = e
		}
	}
	slices.SortStableFunc(s.records, func(a, b Record) int { return cmp.Compare(a.Name, b.Name) })
	r.current.Store(s)
}

// Records returns the keys as they hold now, with all defaults filled in and
// in order of name: revoked and expired ones too.
func (r *Ring) Records() []Record { return slices.Clone(r.current.Load().records) }

// Authenticate returns the key that the credential is. It is shared: callers
// must not change it. The error is an *api.Error of code Unauthorized that
// does not tell a revoked key from an unknown one.
//
// Where credentials are forwarded, one that is not ours becomes a key of its
// own account. What is revoked or expired, or has the shape of our own keys,
// is never forwarded: it is not the provider's business.
func (r *Ring) Authenticate(credential api.Secret) (*api.Key, error) {
	if len(credential) == 0 || len(credential) > maxCredential {
		return nil, unauthorized()
	}
	// Hash would put its copy of the credential on the heap.
	var buf [maxCredential]byte
	hash := sha256.Sum256(buf[:copy(buf[:], credential)])

	e, ok := r.current.Load().entries[hash]
	if !ok {
		return r.forward(credential, hash)
	}
	if subtle.ConstantTimeCompare(e.hash[:], hash[:]) != 1 {
		return nil, unauthorized()
	}
	return r.open(e)
}

// open returns the key of an entry that the caller has shown to have.
func (r *Ring) open(e *entry) (*api.Key, error) {
	if e.key == nil {
		return nil, unauthorized()
	}
	if !e.expires.IsZero() && !r.cfg.Now().Before(e.expires) {
		return nil, api.Errorf(api.Unauthorized, "The API key has expired.")
	}
	return e.key, nil
}

// forward makes a key of a credential that the backend is to judge.
func (r *Ring) forward(credential api.Secret, hash [32]byte) (*api.Key, error) {
	c := credential.Reveal()
	if strings.HasPrefix(c, Prefix) && !WellFormed(credential) {
		return nil, api.Errorf(api.Unauthorized, "The API key is mistyped or cut off.")
	}
	if r.cfg.ForwardBackend == "" || !printable(c) || strings.HasPrefix(c, Prefix) || len(c) < minForwarded {
		return nil, unauthorized()
	}
	// Long enough that nobody finds a second credential for the same account.
	id := "fwd:" + hex.EncodeToString(hash[:16])
	return &api.Key{
		ID:      id,
		Account: id,
		Backend: r.cfg.ForwardBackend,
		// The remote account is the caller's own, to its password: what the
		// credential may do there is for the backend to say.
		Scopes:    api.DefaultScopes | api.ScopeAdmin,
		Rate:      r.cfg.DefaultRate,
		Forwarded: credential,
	}, nil
}

// effective fills in the defaults.
func (r *Ring) effective(record Record) Record {
	if record.Account == "" {
		record.Account = api.MainAccount
	}
	if record.Backend == "" {
		record.Backend = api.NativeBackend
	}
	if record.Scopes == 0 {
		record.Scopes = api.DefaultScopes
	}
	if record.Rate == nil {
		record.Rate = &r.cfg.DefaultRate
	}
	return record
}

func newEntry(record Record) *entry {
	e := &entry{hash: record.Hash, expires: record.Expires}
	if record.Revoked.IsZero() {
		e.key = &api.Key{
			// A name shows nothing of the key and stays when the key is replaced.
			// A configured and a stored key of one name share their limit.
			ID:      "key:" + record.Name,
			Name:    record.Name,
			Account: record.Account,
			Backend: record.Backend,
			Scopes:  record.Scopes,
			Rate:    *record.Rate,
			Expires: record.Expires,
			Strict:  record.Strict,
		}
	}
	return e
}

func unauthorized() error {
	return api.Errorf(api.Unauthorized, "A valid API key is required to use this service.")
}
