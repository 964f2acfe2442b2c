package live

import (
	"context"
	"strconv"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// side is what answers an account in one phase of a move. It does not change,
// its gate aside.
type side struct {
	registry *Registry
	move     migrate.Move

	// atTarget says which side of the move this is.
	atTarget bool

	// backend answers; current is that for whoever asks for its abilities.
	// further is the Switch that backend is of, nil where it is none: then it
	// tells the abilities.
	backend adapters.Backend
	current adapters.Backend
	further *Switch

	// other is where writes are carried to, and source that side of the move; nil
	// where this server does not have it.
	other, source *migrate.Place

	// own is the source itself where some of its objects stay when the links move
	// away, nil where none do.
	own adapters.Backend

	gate *gate
}

// newSide returns the side for a move as it is now. The gate is one that writes
// are in already, nil for another one.
func (r *Registry) newSide(s *Switch, m *migrate.Move, atTarget bool, g *gate) *side {
	if g == nil {
		g = newGate()
	}
	sd := &side{registry: r, move: *m, atTarget: atTarget, backend: s.own, gate: g}
	sd.source, _ = r.place(m.Source, m.SourceAccount)
	target, err := r.place(m.Target, m.TargetAccount)
	if sd.other = target; atTarget {
		sd.other = sd.source
		switch next := r.switches[m.Target]; {
		case err != nil:
			sd.backend = absent{s.own, m.Target}
		case next != nil && !r.ends(m):
			sd.further, sd.backend = next, next.For(m.TargetAccount)
		default:
			sd.backend = target.Backend
		}
	}
	if migrate.Stays(s.own, adapters.KindQR) {
		sd.own = s.own
	}
	sd.current = s.answering(sd, adapters.Answering(sd.backend, m.TargetAccount))
	return sd
}

// do carries out a call at the side.
func (sd *side) do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	there, known, err := sd.inward(ctx, call)
	if err != nil {
		return nil, err
	}
	reply, err := sd.send(ctx, there)
	if err != nil {
		return nil, err
	}
	return sd.outward(ctx, call.Operation, reply, known)
}

// send gives the backend a call in its own ids. The side may have changed since
// somebody has looked at what it supports.
func (sd *side) send(ctx context.Context, call *api.Call) (*api.Reply, error) {
	name, account := sd.move.Source, sd.move.SourceAccount
	if sd.atTarget {
		name, account = sd.move.Target, sd.move.TargetAccount
	}
	if !sd.backend.Capabilities().Supports(call.Operation) {
		return nil, api.Errorf(api.Unsupported, "The backend %q does not support this operation.", name)
	}
	if _, ok := adapters.Answering(sd.backend, account).(adapters.Idempotent); call.Idempotency != nil && !ok {
		field := api.FieldError{Field: adapters.IdempotencyKey, Message: "is not supported by the backend " + strconv.Quote(name)}
		return nil, &api.Error{Code: api.Unsupported, Message: api.Sentence(field), Fields: []api.FieldError{field}}
	}
	if !sd.atTarget {
		return sd.backend.Do(ctx, call)
	}
	there, key := *call, *call.Key
	key.Account, key.Backend = sd.move.TargetAccount, sd.move.Target
	there.Key = &key
	return sd.backend.Do(ctx, &there)
}

// absent stands for a target that this server does not have.
type absent struct {
	adapters.Backend
	name string
}

// Do implements adapters.Backend.
func (a absent) Do(context.Context, *api.Call) (*api.Reply, error) {
	return nil, api.Errorf(api.Unavailable, "The links have been moved to the backend %q, which is not configured.", a.name)
}
