// Package gempixel is a stand-in for a site of the script that openmy.link and
// 1mm.kr run: the 35 operations of their published pages, with the habits that
// clients meet on live sites, and visitors of the links it makes. It keeps
// everything in memory.
//
// It is written after the pages and what live sites show, and after no adapter,
// so that it shares no mistake with one. Its habits, which clients must bear:
//
//   - A reply holds what the pages name: password, pixels, campaign and the
//     like of a link can be written and never be read back, except for the
//     newer columns of the list.
//   - Fields of a request that no page names are dropped without a word. So
//     are null and the empty string, false where it is no switch, and a body
//     that is not JSON.
//   - An update of a link without "url" is refused. Fields it does not name stay.
//   - "nextpage" is 1 on every page but the last, where it is null; "maxpage"
//     and "result" are right. Any "limit" is honoured.
//   - A miss of "short" has status 200, other errors Options.ErrorStatus.
//   - Empty aggregates are the number 0, and the counts in others strings.
//   - The name of a campaign is "campaign" where it is made, "domain" where it
//     is updated, and one of "name" and "domain" in lists.
//   - Times have no zone.
//   - Unknown paths answer with text, as do methods that a path does not have.
package gempixel

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linkquay/linkquay/simulate"
)

// DefaultKey is the API key of a site whose Options name none.
const DefaultKey = "gempixel-simulator-key"

// maxBody is how long a request, and so an uploaded file, may be.
const maxBody = 100 << 20

// Options are the settings of New. The zero value is good.
type Options struct {
	// Keys are the API keys and the name of the account of each; nil means
	// DefaultKey for the account "main". Accounts do not see each other.
	Keys map[string]string

	// ShortDomain is where short URLs stand, such as "https://short.example";
	// empty means the host that a request was sent to.
	ShortDomain string

	// Zone is the zone of all times, in and out; nil means UTC.
	Zone *time.Location

	// ErrorStatus is the status of refusals, as sites differ: 400 or 200; 0
	// means 400.
	ErrorStatus int

	// Reuse answers a create without alias by the account's link to the same
	// URL where there is one.
	Reuse bool
}

// Site is the whole site. Its methods are safe for concurrent use.
type Site struct {
	o        Options
	mux      *http.ServeMux
	accounts map[string]*account // by key

	mu      sync.Mutex
	links   []*link
	objects map[string][]*object // by resource.base
	last    map[string]int       // the newest id of each kind
}

// New returns a site without links. Each account has a splash page and an
// overlay, which the API can list and not make.
func New(o Options) *Site {
	if o.Keys == nil {
		o.Keys = map[string]string{DefaultKey: "main"}
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.ErrorStatus == 0 {
		o.ErrorStatus = http.StatusBadRequest
	}
	s := &Site{o: o, mux: http.NewServeMux(), accounts: map[string]*account{}, objects: map[string][]*object{}, last: map[string]int{}}
	names := map[string]*account{}
	for _, key := range slices.Sorted(maps.Keys(o.Keys)) {
		name := o.Keys[key]
		if names[name] == nil {
			names[name] = &account{id: len(names) + 1, name: name, email: name + "@example.com"}
			s.furnish(names[name])
		}
		s.accounts[key] = names[name]
	}
	s.routes()
	return s
}

func (s *Site) routes() {
	s.handle("GET /api/account", (*call).getAccount)
	s.handle("POST /api/account", (*call).getAccount)
	s.handle("PUT /api/account/update", (*call).updateAccount)

	s.handle("GET /api/urls", (*call).listLinks)
	s.handle("GET /api/url/{id}", (*call).getLink)
	s.handle("POST /api/url/add", (*call).createLink)
	s.handle("PUT /api/url/{id}/update", (*call).updateLink)
	s.handle("DELETE /api/url/{id}/delete", (*call).deleteLink)

	for _, res := range resources {
		s.handle("GET "+res.list, func(c *call) (reply, error) { return c.listObjects(res) })
		if len(res.fields) == 0 {
			continue
		}
		s.handle("POST "+res.base+"/add", func(c *call) (reply, error) { return c.createObject(res) })
		s.handle("PUT "+res.base+"/{id}/update", func(c *call) (reply, error) { return c.updateObject(res) })
		s.handle("DELETE "+res.base+"/{id}/delete", func(c *call) (reply, error) { return c.deleteObject(res) })
	}
	s.handle("GET /api/qr/{id}", (*call).getQRCode)
	s.handle("POST /api/campaign/{id}/assign/{item}", (*call).assignLink)
	s.handle("GET /api/channel/{id}", (*call).listItems)
	s.handle("POST /api/channel/{id}/assign/{type}/{item}", (*call).assignItem)
	s.handle("GET /api/files", (*call).listFiles)
	s.handle("POST /api/files/upload/{name}", (*call).uploadFile)

	s.mux.HandleFunc("GET /{alias}", s.visit)
	s.mux.HandleFunc("POST /{alias}", s.visit)
	s.mux.HandleFunc("GET /qr/{code}", s.picture)
}

// ServeHTTP answers API clients and visitors.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// State counts what the site holds.
func (s *Site) State() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := map[string]int{"links": len(s.links)}
	for base, objects := range s.objects {
		state[strings.TrimPrefix(base, "/api/")] = len(objects)
	}
	return state
}

// call is one request to the API, which has the site to itself.
type call struct {
	site    *Site
	account *account
	r       *http.Request
	body    []byte
	sent    map[string]any // what of the body is given
	query   url.Values
	now     time.Time
	base    string // where short URLs stand
}

// reply is the body of an answer.
type reply map[string]any

// refusal is what the site says where it refuses.
type refusal string

func (e refusal) Error() string { return string(e) }

// handle serves a route of the API to callers who have a key.
func (s *Site) handle(route string, do func(*call) (reply, error)) {
	s.mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) {
		words := strings.Fields(r.Header.Get("Authorization"))
		if len(words) == 0 || s.accounts[words[len(words)-1]] == nil {
			write(w, http.StatusUnauthorized, reply{"error": 1, "message": "A valid API key is needed."})
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			write(w, http.StatusRequestEntityTooLarge, reply{"error": 1, "message": "The request is too long."})
			return
		}
		s.mu.Lock()
		out, err := do(&call{
			site: s, account: s.accounts[words[len(words)-1]], r: r, body: body, sent: given(body),
			query: r.URL.Query(), now: simulate.Now(r).In(s.o.Zone), base: s.base(r),
		})
		s.mu.Unlock()
		if err != nil {
			write(w, s.o.ErrorStatus, reply{"error": 1, "message": err.Error()})
			return
		}
		if out["error"] == nil {
			out["error"] = 0
		}
		write(w, http.StatusOK, out)
	})
}

func write(w http.ResponseWriter, status int, body reply) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body)
}

// base returns where short URLs of the site's own domain stand.
func (s *Site) base(r *http.Request) string {
	if s.o.ShortDomain != "" {
		return strings.TrimSuffix(s.o.ShortDomain, "/")
	}
	return "http://" + r.Host
}

// next returns a new id of a kind.
func (s *Site) next(kind string) int {
	s.last[kind]++
	return s.last[kind]
}
