package gempixel

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

// reading is an adapter whose replies are given to it.
type reading struct {
	adapter  *Adapter
	contract *openapi.Contract
	valid    int // how many replies came out valid
}

func newReading(tb testing.TB, zone *time.Location) *reading {
	tb.Helper()
	client, err := upstream.New(upstream.Config{BaseURL: "https://short.example", Key: adaptertest.Key})
	if err != nil {
		tb.Fatal(err)
	}
	a, err := New(Config{Name: "kr", RemoteZone: zone}, client)
	if err != nil {
		tb.Fatal(err)
	}
	contract, err := openapi.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return &reading{adapter: a, contract: contract}
}

// read reads a reply to the operation. It fails the test where what comes of it
// is neither valid by the contract nor a coded error, and returns what was
// counted.
func (r *reading) read(tb testing.TB, id api.Operation, short bool, reply []byte) []drift.Count {
	tb.Helper()
	r.adapter.cfg.Drift = drift.New("kr", drift.Options{})
	resp := &upstream.Response{Status: 200, Document: reply}
	call := &api.Call{Operation: id, Path: api.Path{ID: 1}, Key: &api.Key{}}
	document, err := r.adapter.newReader(operations[id], call, resp).read(resp, short)
	if err != nil {
		if e, ok := errors.AsType[*api.Error](err); !ok || e.Code == api.Internal {
			tb.Errorf("%s: %s\nis %v; want a coded error", id, reply, err)
		}
	} else if err := r.contract.Operation(id).ValidateReply(200, document); err != nil {
		tb.Errorf("%s: %s\nbecame %s\n%v", id, reply, document, err)
	} else {
		r.valid++
	}
	return r.adapter.cfg.Drift.Counts()
}

// recorded calls each with every recorded reply.
func recorded(tb testing.TB, each func(name string, id api.Operation, short bool, reply []byte)) {
	tb.Helper()
	files, err := filepath.Glob("../../testdata/upstream/gempixel/*.json")
	if err != nil || len(files) < len(operations) {
		tb.Fatalf("%d recorded replies, %v", len(files), err)
	}
	for _, file := range files {
		reply, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		id, _, _ := strings.Cut(name, "-")
		each(name, api.Operation(id), strings.Contains(name, "short"), reply)
	}
}

// What sites are known to send is no drift.
func TestReader_NoDrift(t *testing.T) {
	r := newReading(t, nil)
	recorded(t, func(name string, id api.Operation, short bool, reply []byte) {
		if counts := r.read(t, id, short, reply); len(counts) > 0 && !strings.Contains(name, "-no-") {
			t.Errorf("%s: counted %v", name, counts)
		}
	})
}

// Whatever member of a reply is missing or becomes something else, clients get
// what the contract promises or an error, and it is counted.
func TestReader_Drift(t *testing.T) {
	r := newReading(t, time.FixedZone("KST", 9*60*60))
	recorded(t, func(name string, id api.Operation, short bool, reply []byte) {
		if strings.Contains(name, "-no-") || strings.Contains(name, "taken") || strings.Contains(name, "miss") {
			return
		}
		for where, mutant := range mutants(t, reply) {
			counts := r.read(t, id, short, mutant)
			if len(counts) == 0 && !free(where) {
				t.Errorf("%s %s is not counted: %s", name, where, mutant)
			}
			for _, c := range counts {
				if c.Operation != id {
					t.Errorf("%s: counted for %s", name, c.Operation)
				}
			}
		}
	})
}

// free reports whether sites may do that: the newer columns of links and what a
// newer site adds, names that are data, rows, and values of two types.
func free(where string) bool {
	for _, part := range []string{".extra", "location.", "device.", "topCountries.", "topReferrers.", "topBrowsers.", "topOs.", "socialCount."} {
		if strings.Contains(where, part) && strings.HasSuffix(where, " missing") || strings.Contains(where, ".extra") {
			return true
		}
	}
	path, what, _ := strings.Cut(where, " ")
	name := path[strings.LastIndexByte(path, '.')+1:]
	switch {
	case what == "missing":
		return slices.Contains([]string{"uniqueclicks", "domain", "campaign", "channel"}, name) && strings.Contains(path, ".urls.") ||
			strings.Trim(name, "0123456789") == ""
	case name == "rotator":
		return what == "as a text" || what == "as a boolean"
	case name == "public":
		return what == "as a boolean"
	case name == "nextpage":
		return what == "as a number"
	case name == "expiry", name == "title":
		return what == "as a text"
	}
	return false
}

// mutants returns the reply with each of its members missing, and with each made
// into each other type, by what was done.
func mutants(t *testing.T, reply []byte) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	var root any
	if err := json.Unmarshal(reply, &root); err != nil {
		t.Fatal(err)
	}
	keep := func(where string) {
		text, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		all[where] = text
	}
	var visit func(path string, v any)
	visit = func(path string, v any) {
		switch v := v.(type) {
		case []any:
			for i, row := range v {
				visit(fmt.Sprintf("%s.%d", path, i), row)
			}
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				was := v[name]
				delete(v, name)
				keep(path + "." + name + " missing")
				for kind, other := range others(was) {
					v[name] = other
					keep(path + "." + name + " as " + kind)
				}
				v[name] = was
				visit(path+"."+name, was)
			}
		}
	}
	visit("", root)
	return all
}

// others are values of other types than the value's.
func others(v any) map[string]any {
	all := map[string]any{"a text": "nonsense", "a number": -7.5, "a boolean": true, "an object": map[string]any{"a": map[string]any{}}, "an array": []any{1, "x"}}
	switch v.(type) {
	case string:
		delete(all, "a text")
	case float64:
		delete(all, "a number")
	case bool:
		delete(all, "a boolean")
	case map[string]any:
		delete(all, "an object")
	case []any:
		delete(all, "an array")
	}
	return all
}

// Replies made of the members that the contract knows, each with a value of any
// type, come out valid or as an error.
func TestReader_Random(t *testing.T) {
	r := newReading(t, time.FixedZone("KST", 9*60*60))
	random := rand.New(rand.NewPCG(1, 2))
	value := func() any {
		return []any{
			nil, true, false, 0, 1, -1, 2.5, 1 << 53, 1e300, "", "x", "7", "https://short.example/a", "2030-01-02 03:04:05",
			[]any{},
			[]any{1},
			[]any{"x", map[string]any{}},
			[]any{map[string]any{"field": "a", "message": "b"}},
			map[string]any{},
			map[string]any{"a": "1"},
			map[string]any{"a": 1},
			map[string]any{"a": []any{}},
			map[string]any{"id": 1, "name": "x", "starred": 0},
		}[random.IntN(23)]
	}
	// Half of the members are right, so that replies get far.
	object := func(s *shape) map[string]any {
		o := map[string]any{}
		for _, f := range s.fields {
			switch {
			case f.need && random.IntN(20) > 0 && (f.is == identity || f.is == count):
				o[f.name] = 1
			case f.need && random.IntN(20) > 0:
				o[f.name] = "https://short.example/a"
			case random.IntN(4) > 0:
				o[f.name] = value()
			}
		}
		return o
	}
	for id, op := range operations {
		valid := 0
		for range 500 {
			root := object(rootShapes[op.reply])
			root["error"], root["id"], root["shorturl"] = 0, random.IntN(9), "https://short.example/a"
			for _, name := range []string{"name", "campaign", "domain", "message"} {
				root[name] = value()
			}
			data := map[string]any{}
			switch op.reply {
			case link:
				root["details"], data = object(linkShape), object(visitShape)
			case code:
				root["details"], data = object(codeShape), object(visitShape)
			case account:
				data = object(accountShape)
			case filed:
				data = root
			}
			if op.rows != "" {
				data[op.rows] = []any{object(rowShapes[op.rows]), object(rowShapes[op.rows])}
				data["result"] = 2
				for _, name := range []string{"perpage", "currentpage", "nextpage", "overlay", "channel"} {
					data[name] = value()
				}
			}
			if op.reply != filed {
				root["data"] = data
			}
			if random.IntN(10) == 0 {
				root[[]string{"data", "details", "id", "error"}[random.IntN(4)]] = value()
			}
			reply, err := json.Marshal(root)
			if err != nil {
				t.Fatal(err)
			}
			if id == api.ListLinks && random.IntN(2) == 0 {
				found := map[string]any{"error": 0, "details": object(linkShape), "data": object(visitShape), "id": value()}
				if reply, err = json.Marshal(found); err != nil {
					t.Fatal(err)
				}
				r.read(t, id, true, reply)
			}
			before := r.valid
			r.read(t, id, false, reply)
			valid += r.valid - before
		}
		if valid < 50 {
			t.Errorf("%s: only %d of 500 replies were any use", id, valid)
		}
	}
}
