package fleet

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// TestIDs_RoundTrip: an id that a client is told leads back to its backend,
// whichever that is, and has no more digits than the contract allows.
func TestIDs_RoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		f := &fleet{numbers: map[int64]*member{}}
		for range 1 + random.IntN(4) {
			n := 1 + random.Int64N(maxNumber)
			f.numbers[n] = &member{number: n, domains: []string{"x.example"}}
			f.members = append(f.members, f.numbers[n])
		}
		of := f.members[random.IntN(len(f.members))]
		r := &router{fleet: f, own: f.members[random.IntN(len(f.members))]}
		of, r.own = f.numbers[of.number], f.numbers[r.own.number]
		id := 1 + random.Int64N(idLimit-1)>>random.IntN(40)
		told, err := r.scribe(of).id(adapters.KindLink, "id", id)
		if err != nil || told >= 1<<53 {
			t.Fatalf("id %d of backend %d is told as %d, %v", id, of.number, told, err)
		}
		if m, local, ok := r.locate(told); m != of || local != id || !ok {
			t.Fatalf("id %d of backend %d, told as %d, leads to %d of %+v", id, of.number, told, local, m)
		}
		if of == r.own && told != id {
			t.Fatalf("id %d of the key's own backend is told as %d", id, told)
		}
	}
}

// TestScribe_Reply: a reply keeps all but its ids.
func TestScribe_Reply(t *testing.T) {
	s := scribe{"b", 1 << idBits}
	for from, want := range map[string]string{
		`{}`:                           `{}`,
		`{"error":0,"message":"Done"}`: `{"error":0,"message":"Done"}`,
		` { "id" : 1 , "a\"b" : [ 1 , {"id":2} ] } `: `{"id":1099511627777,"a\"b":[ 1 , {"id":2} ]}`,
		`{"details":0,"data":[],"list":{}}`:          `{"details":0,"data":[],"list":{}}`,
		`{"data":{"urls":[],"id":2}}`:                `{"data":{"urls":[],"id":2}}`,
		`{"list":[{"id":"3"}]}`:                      `{"list":[{"id":1099511627779}]}`,
	} {
		if got, err := s.reply(operationOf(from), []byte(from)); string(got) != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", from, got, err, want)
		}
	}
	for _, bad := range []string{`{"id":0}`, `{"id":1.5}`, `{"id":null}`, `{"id":{}}`, `{"list":[1]}`, `{"data":{"urls":[{"id":-1}]}}`, `{"details":{"campaign":1099511627776}}`} {
		if got, err := s.reply(operationOf(bad), []byte(bad)); err == nil {
			t.Errorf("%s: %s; want an error", bad, got)
		}
		if got, err := (scribe{backend: "own"}).reply(operationOf(bad), []byte(bad)); err == nil {
			t.Errorf("%s of the key's own backend: %s; want an error", bad, got)
		}
	}
}

// operationOf is an operation that is answered in such a way.
func operationOf(document string) api.Operation {
	if strings.Contains(document, `"list"`) {
		return api.ListFiles
	}
	return api.ListLinks
}
