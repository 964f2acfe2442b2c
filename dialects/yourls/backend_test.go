package yourls_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// site is a backend that keeps links in memory, the newest last.
type site struct {
	mu    sync.Mutex
	links []*entry
	calls []api.Call

	// reuse makes it reuse links unasked.
	reuse bool

	// warnings is what it makes links without.
	warnings []api.FieldError

	// fail is answered instead, by operation.
	fail map[api.Operation]error
}

type entry struct {
	ID       int64  `json:"id"`
	Alias    string `json:"alias"`
	ShortURL string `json:"shorturl"`
	LongURL  string `json:"longurl"`
	Title    string `json:"title"`
	Date     string `json:"date"`
	Clicks   int64  `json:"clicks"`
}

func (s *site) Capabilities() api.Capabilities {
	return api.Capabilities{
		api.CreateLink: {Support: api.Native},
		api.ListLinks:  {Support: api.Native},
		api.GetLink:    {Support: api.Native},
	}
}

func (s *site) Do(_ context.Context, call *api.Call) (*api.Reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, *call)
	if err := s.fail[call.Operation]; err != nil {
		return nil, err
	}
	switch call.Operation {
	case api.CreateLink:
		return s.create(call)
	case api.GetLink:
		return found(s.links[call.Path.ID-1])
	}
	if short := call.Query.Get("short"); short != "" {
		for _, l := range s.links {
			if short == l.ShortURL || short == l.Alias {
				return found(l)
			}
		}
		return &api.Reply{Document: []byte(`{"error":1,"message":"Link not found."}`)}, nil
	}
	return s.list(call)
}

func (s *site) create(call *api.Call) (*api.Reply, error) {
	doc := gjson.ParseBytes(call.Document)
	alias := doc.Get("custom").String()
	for _, l := range s.links {
		if alias != "" && l.Alias == alias {
			return nil, &api.Error{Code: api.Conflict, Message: "Taken.", Fields: []api.FieldError{{Field: "custom", Message: "Taken."}}}
		}
		if l.LongURL == doc.Get("url").String() && (s.reuse || call.Reuse) {
			reply, err := made(l)
			reply.Existing = true
			return reply, err
		}
	}
	id := int64(len(s.links) + 1)
	l := &entry{ID: id, Alias: alias, LongURL: doc.Get("url").String(), Title: doc.Get("metatitle").String(), Date: "2030-01-02 03:04:05"}
	if alias == "" {
		l.Alias = fmt.Sprintf("made%d", id)
	}
	l.ShortURL = call.Origin + "/" + l.Alias
	s.links = append(s.links, l)
	reply, err := made(l)
	reply.Warnings = s.warnings
	return reply, err
}

func made(l *entry) (*api.Reply, error) {
	doc, err := json.Marshal(map[string]any{"error": 0, "id": l.ID, "shorturl": l.ShortURL})
	return &api.Reply{Document: doc}, err
}

func found(l *entry) (*api.Reply, error) {
	doc, err := json.Marshal(map[string]any{"error": 0, "id": l.ID, "details": l, "data": map[string]any{"clicks": l.Clicks}})
	return &api.Reply{Document: doc}, err
}

func (s *site) list(call *api.Call) (*api.Reply, error) {
	links := slices.Clone(s.links)
	slices.Reverse(links)
	if call.Query.Get("order") == "click" {
		slices.SortStableFunc(links, func(a, b *entry) int { return cmp.Compare(b.Clicks, a.Clicks) })
	}
	page, limit := 1, 15
	if s := call.Query.Get("page"); s != "" {
		page, _ = strconv.Atoi(s)
	}
	if s := call.Query.Get("limit"); s != "" {
		limit, _ = strconv.Atoi(s)
	}
	from := min((page-1)*limit, len(links))
	doc, err := json.Marshal(map[string]any{"error": 0, "data": map[string]any{
		"result": len(links), "urls": links[from:min(from+limit, len(links))],
	}})
	return &api.Reply{Document: doc}, err
}

// fill adds n links, of which the i-th has i clicks.
func (s *site) fill(n int) {
	for i := range n {
		alias := "link" + strconv.Itoa(i)
		s.links = append(s.links, &entry{
			ID: int64(len(s.links) + 1), Alias: alias, ShortURL: "https://s.example/" + alias,
			LongURL: "https://example.com/" + alias, Date: "2030-01-02 03:04:05", Clicks: int64(i),
		})
	}
}

// asked lists the queries of the calls since the last time.
func (s *site) asked() string {
	var queries []string
	for _, c := range s.calls {
		queries = append(queries, c.Query.Encode())
	}
	s.calls = nil
	return strings.Join(queries, " ")
}
