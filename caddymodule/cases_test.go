package caddymodule_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// apiCase is a file of testdata/api: requests in order, and what they must be
// answered. Its name says what must happen.
type apiCase struct {
	// Options go into the global block of the Caddyfile; {{upstream}} is the
	// address of a server that plays Upstream.
	Options  string                   `json:"options"`
	Upstream map[string]upstreamReply `json:"upstream"`
	Steps    []struct {
		In  request  `json:"in"`
		Out expected `json:"out"`

		// Sent are the requests that the backend must have seen in this step.
		Sent []sent `json:"sent"`
	} `json:"steps"`
}

type request struct {
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Key    string            `json:"key"` // the name of a key; "native" if empty, "none" for none
	Header map[string]string `json:"header"`
	Body   json.RawMessage   `json:"body"` // a string is sent as its text
}

// expected is part of an answer: what it does not name may be anything. In the
// body "*" stands for any value, and "!" for none.
type expected struct {
	Status int               `json:"status"`
	Header map[string]string `json:"header"`
	Body   any               `json:"body"`
}

type upstreamReply struct {
	Status int               `json:"status"`
	Header map[string]string `json:"header"`
	Body   json.RawMessage   `json:"body"`
}

type sent struct {
	Request       string `json:"request"` // method, path and query
	Authorization string `json:"authorization"`
	Body          any    `json:"body"`
}

var keysByName = map[string]string{
	"":         nativeKey,
	"native":   nativeKey,
	"other":    otherKey,
	"reader":   readKey,
	"gempixel": gempixelKey,
	"dglnk":    dglnkKey,
	"none":     "",
}

func TestAPICases(t *testing.T) {
	files, err := filepath.Glob("../testdata/api/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			var c apiCase
			if err := json.Unmarshal(readFile(t, file), &c); err != nil {
				t.Fatal(err)
			}
			runCase(t, &c, siteConfig)
		})
	}
}

// runCase runs a case on the site that config makes of its options.
func runCase(t *testing.T, c *apiCase, config func(options string) string) {
	u := &recordedUpstream{t: t, replies: c.Upstream}
	server := upstream(t, u.ServeHTTP)
	s := start(t, config(strings.ReplaceAll(c.Options, "{{upstream}}", server.URL)))
	for i, step := range c.Steps {
		var header []string
		for name, value := range step.In.Header {
			header = append(header, name, value)
		}
		key, ok := keysByName[step.In.Key]
		if !ok {
			key = step.In.Key
		}
		a := s.do(step.In.Method, s.fill(step.In.Path), key, s.fill(text(step.In.Body)), header...)
		if step.Out.Status != a.Status {
			t.Errorf("step %d: status %d; want %d\n%s", i+1, a.Status, step.Out.Status, a.Body)
		}
		for name, want := range step.Out.Header {
			if got := a.Header.Get(name); got != want && (want != "*" || got == "") {
				t.Errorf("step %d: %s: %q; want %q", i+1, name, got, want)
			}
		}
		if step.Out.Body != nil {
			var got any
			if err := json.Unmarshal([]byte(a.Body), &got); err != nil {
				t.Fatalf("step %d: %v in %s", i+1, err, a.Body)
			}
			for _, d := range differences("", s.fillAll(step.Out.Body), got) {
				t.Errorf("step %d: %s\n%s", i+1, d, a.Body)
			}
		}
		seen := u.take()
		if step.Sent != nil {
			for j := range min(len(seen), len(step.Sent)) {
				seen[j].Body = masked(step.Sent[j].Body, seen[j].Body)
			}
			if diff := cmp.Diff(step.Sent, seen, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("step %d: the backend saw (-want +got)\n%s", i+1, diff)
			}
		}
	}
}

// masked returns got with "*" for every value that want has "*" for.
func masked(want, got any) any {
	w, ok := want.(map[string]any)
	g, both := got.(map[string]any)
	if !ok || !both {
		return got
	}
	for name, value := range g {
		if w[name] == "*" {
			g[name] = "*"
		} else {
			g[name] = masked(w[name], value)
		}
	}
	return g
}

// text is the body of a request: a JSON string stands for its content.
func text(body json.RawMessage) string {
	var s string
	if json.Unmarshal(body, &s) == nil {
		return s
	}
	return string(body)
}

// fillAll fills in the site's port in every string.
func (s *site) fillAll(v any) any {
	switch v := v.(type) {
	case string:
		return s.fill(v)
	case []any:
		for i := range v {
			v[i] = s.fillAll(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = s.fillAll(v[k])
		}
	}
	return v
}

// differences says where got is not what want names.
func differences(path string, want, got any) (found []string) {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is no object", path)}
		}
		for k, v := range w {
			value, exists := g[k]
			switch {
			case v == "!" && exists:
				found = append(found, fmt.Sprintf("%s.%s is there", path, k))
			case v == "!":
			case !exists:
				found = append(found, fmt.Sprintf("%s.%s is missing", path, k))
			default:
				found = append(found, differences(path+"."+k, v, value)...)
			}
		}
		return found
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return []string{fmt.Sprintf("%s = %v; want %v", path, got, want)}
		}
		for i := range w {
			found = append(found, differences(fmt.Sprintf("%s[%d]", path, i), w[i], g[i])...)
		}
		return found
	}
	if want != "*" && !cmp.Equal(want, got) {
		return []string{fmt.Sprintf("%s = %v; want %v", path, got, want)}
	}
	return nil
}

// recordedUpstream plays replies and keeps what it was sent.
type recordedUpstream struct {
	t       *testing.T
	replies map[string]upstreamReply

	mu   sync.Mutex
	seen []sent
}

func (u *recordedUpstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		u.t.Error(err)
	}
	seen := sent{Request: r.Method + " " + r.URL.RequestURI(), Authorization: r.Header.Get("Authorization")}
	if len(body) > 0 && json.Unmarshal(body, &seen.Body) != nil {
		seen.Body = string(body)
	}
	u.mu.Lock()
	u.seen = append(u.seen, seen)
	u.mu.Unlock()
	reply, ok := u.replies[r.Method+" "+r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	for name, value := range reply.Header {
		w.Header().Set(name, value)
	}
	if reply.Status != 0 {
		w.WriteHeader(reply.Status)
	}
	_, _ = io.WriteString(w, text(reply.Body))
}

func (u *recordedUpstream) take() []sent {
	u.mu.Lock()
	defer u.mu.Unlock()
	seen := u.seen
	u.seen = nil
	return seen
}
