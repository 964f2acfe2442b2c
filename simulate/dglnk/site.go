package dglnk

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linkquay/linkquay/simulate"
)

// The spellings of two members of a link in version 3, which changed while it
// was current. A site reads and answers the one it speaks, and drops the other.
const (
	SpellingOld = "old" // title and disabled
	SpellingNew = "new" // name and active
)

// What a plan may include.
const (
	PlanAliases   = "alias"
	PlanPasswords = "password"
	PlanExpiry    = "expires_at"
	PlanRules     = "rules"
	PlanPixels    = "pixels"
	PlanDomains   = "domain_id"
	PlanTags      = "tags"
	PlanTypes     = "type" // frames and overlays
)

var planned = []string{
	PlanAliases, PlanPasswords, PlanExpiry, PlanRules, PlanPixels, PlanDomains, PlanTags, PlanTypes,
}

// DefaultKey is the API token of a site whose Options name none.
const DefaultKey = "dglnk-simulator-key"

// maxBody is how much of a request is read, in bytes.
const maxBody = 1 << 20

// Options say how a site behaves. The zero value is a site of version 1 with
// the key DefaultKey, whose plan includes everything.
type Options struct {
	// APIVersion is 1, the default, or 3.
	APIVersion int

	// Key is the user's API token; DefaultKey by default. There is one user.
	Key string

	// NoAccess takes the permission to use the API from the user: 403.
	NoAccess bool

	// ErrorStatus is what version 1 answers an invalid request with; 422 by
	// default. dgLnk's page leaves it open.
	ErrorStatus int

	// Plan names what the user's plan includes, of the Plan constants; nil
	// includes everything. What it does not include is dropped from requests
	// without a word.
	Plan []string

	// Spelling is that of version 3; SpellingNew by default.
	Spelling string

	// ISOTimes answers times as 2019-08-21T13:33:17.000000Z in version 3,
	// rather than as 2019-08-21 13:33:17 in Zone.
	ISOTimes bool

	// TrackingPixel serves pixels at /tracking-pixel too, where version 3's page
	// has them, and not at /tp alone.
	TrackingPixel bool

	// AliasMin and AliasMax bound the characters of an alias; 5 and 10 by default.
	AliasMin, AliasMax int

	// Zone is where times without a zone are; UTC by default.
	Zone *time.Location

	// Now is the site's clock; by default that of the simulate.Server before it.
	Now func() time.Time

	// ShortDomain is where short URLs begin, such as https://short.example; by
	// default the address that a request came to.
	ShortDomain string

	// Domains are the user's own, by id: a host, or an address with its scheme.
	Domains map[int64]string

	// Pixels are names of the user's tracking pixels, by id.
	Pixels map[int64]string

	// Describe tells the title and description of a target, which the real site
	// fetches. By default the title is the first label of its host.
	Describe func(target string) (title, description string)
}

// Site is a simulated site, safe for concurrent use.
type Site struct {
	o   Options
	mux *http.ServeMux

	mu      sync.Mutex
	clock   time.Time // of the request under way
	last    int64     // the newest link's id
	links   map[int64]*Link
	objects map[string]*table
	clicks  []Click
}

// New makes a site without links.
func New(o Options) *Site {
	s := &Site{o: withDefaults(o), mux: http.NewServeMux(), links: map[int64]*Link{}, objects: map[string]*table{}}
	s.tick(time.Now())
	for _, k := range kinds {
		s.objects[k.path] = &table{rows: map[int64]*Object{}}
	}
	for id, host := range o.Domains {
		s.seed(Domains, id, map[string]string{"host": host})
	}
	for id, name := range o.Pixels {
		s.seed(Pixels, id, map[string]string{"name": name, "type": "facebook", "pixel_id": "1"})
	}
	s.pages()
	if s.o.APIVersion == 3 {
		s.routes3()
	} else {
		s.routes1()
	}
	return s
}

func withDefaults(o Options) Options {
	set := func(to *string, value string) {
		if *to == "" {
			*to = value
		}
	}
	set(&o.Key, DefaultKey)
	set(&o.Spelling, SpellingNew)
	if o.APIVersion != 3 {
		o.Spelling = SpellingOld
	}
	if o.ErrorStatus == 0 {
		o.ErrorStatus = http.StatusUnprocessableEntity
	}
	if o.AliasMin == 0 {
		o.AliasMin = 5
	}
	if o.AliasMax == 0 {
		o.AliasMax = 10
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Describe == nil {
		o.Describe = describe
	}
	if o.Plan == nil {
		o.Plan = planned
	}
	return o
}

// ServeHTTP answers as the site does.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Nobody waits for a body that is slow to come.
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick(simulate.Now(r))
	// Callers tell the site's clock from it.
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	s.mux.ServeHTTP(w, r)
}

// tick sets the clock: to now, unless the options have a clock of their own.
func (s *Site) tick(now time.Time) {
	if s.o.Now != nil {
		now = s.o.Now()
	}
	s.clock = now.In(s.o.Zone)
}

// now is the site's clock as far as it is stored: in whole seconds.
func (s *Site) now() time.Time { return s.clock.Truncate(time.Second) }

func (s *Site) includes(feature string) bool { return slices.Contains(s.o.Plan, feature) }

// shortURL is where a link is visited.
func (s *Site) shortURL(r *http.Request, l *Link) string {
	base := s.o.ShortDomain
	if base == "" {
		base = "http://" + r.Host
	}
	if l.DomainID != nil && *l.DomainID != 0 {
		base = s.objects[Domains].rows[*l.DomainID].Values["host"]
		if !strings.Contains(base, "://") {
			base = "https://" + base
		}
	}
	return strings.TrimSuffix(base, "/") + "/" + l.name()
}
