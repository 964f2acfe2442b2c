package fleet

import (
	"errors"
	"fmt"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/ids"
	"github.com/linkquay/linkquay/api"
)

// Ids end at 1<<53 in the contract, so that no client loses digits: a backend's
// own have the lower 40 bits, and its number the 13 above.
const (
	idBits    = 40
	idLimit   = 1 << idBits
	maxNumber = 1<<(53-idBits) - 1
)

// locate returns the backend of an id that a client sent, and the id there. An
// id that nobody was given, or in another account alone, has none.
func (r *router) locate(id int64) (m *member, local int64, ok bool) {
	if id < idLimit {
		return r.own, id, true
	}
	m, ok = r.numbers[id>>idBits]
	local = id & (idLimit - 1)
	return m, local, ok && local > 0 && (m == r.own || r.routes(m))
}

// scribe writes the ids of one backend for clients.
type scribe struct {
	backend string
	prefix  int64 // 0 for the key's own
}

func (r *router) scribe(m *member) scribe {
	if m == r.own {
		return scribe{backend: m.name}
	}
	return scribe{m.name, m.number << idBits}
}

// reply writes the ids of a reply.
func (s scribe) reply(op api.Operation, document []byte) ([]byte, error) {
	written, err := ids.Reply(op, document, s.id)
	if err != nil || s.prefix == 0 {
		// Their own ids are only looked at.
		return document, s.failed(err)
	}
	return written, nil
}

// object writes the ids in what a backend tells of one link or file.
func (s scribe) object(kind adapters.Kind, raw string) (string, error) {
	text, err := ids.Object(kind, raw, s.id)
	return text, s.failed(err)
}

func (s scribe) id(_ adapters.Kind, _ string, id int64) (int64, error) {
	if id >= idLimit {
		failure := api.Errorf(api.Unavailable, "The backend %q gave an id that is too large to be told from those of other backends.", s.backend)
		failure.Err = fmt.Errorf("the id is %d", id)
		return 0, failure
	}
	return s.prefix | id, nil
}

// failed returns what clients are told of a reply whose ids cannot be written.
func (s scribe) failed(err error) error {
	if errors.Is(err, ids.ErrNone) {
		return s.unexpected()
	}
	return err
}

func (s scribe) unexpected() *api.Error {
	return api.Errorf(api.Unavailable, "The backend %q gave an unexpected reply.", s.backend)
}
