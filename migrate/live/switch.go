package live

import (
	"context"
	"maps"
	"sync/atomic"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// Switch is a backend that hands the calls of accounts whose links are being
// moved to the side of the move that answers.
type Switch struct {
	name     string
	own      adapters.Backend
	registry *Registry

	// sides are what the accounts with a move get, nil where there are none.
	// Whoever changes them holds the registry's lock.
	sides atomic.Pointer[map[string]*side]

	// usual is what Current returns for all other accounts.
	usual adapters.Backend
}

func newSwitch(r *Registry, name string, own adapters.Backend) *Switch {
	s := &Switch{name: name, own: own, registry: r}
	s.usual = s.answering(nil, own)
	return s
}

// side returns the account's, nil where it has no move.
func (s *Switch) side(account string) *side {
	if sides := s.sides.Load(); sides != nil {
		return (*sides)[account]
	}
	return nil
}

// set changes an account's side; nil takes it away.
func (s *Switch) set(account string, sd *side) {
	sides := map[string]*side{}
	if old := s.sides.Load(); old != nil {
		sides = maps.Clone(*old)
	}
	if sides[account] = sd; sd == nil {
		delete(sides, account)
	}
	if len(sides) == 0 {
		s.sides.Store(nil)
		return
	}
	s.sides.Store(&sides)
}

// Do implements adapters.Backend.
func (s *Switch) Do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if s.sides.Load() == nil || call.Key.Forwarded != "" {
		return s.own.Do(ctx, call)
	}
	if sd := s.side(call.Key.Account); sd != nil && sd.own != nil && staying(call) {
		return sd.answerStaying(ctx, call)
	}
	if w, ok := writes[call.Operation]; ok {
		return s.write(ctx, call, w)
	}
	if sd := s.side(call.Key.Account); sd != nil {
		return sd.do(ctx, call)
	}
	return s.own.Do(ctx, call)
}

// write carries out a write at the side whose turn it is, also where that is
// about to change.
func (s *Switch) write(ctx context.Context, call *api.Call, w write) (*api.Reply, error) {
	for {
		sd := s.side(call.Key.Account)
		if sd == nil {
			return s.own.Do(ctx, call)
		}
		if sd.gate.enter() {
			defer sd.gate.leave()
			return sd.write(ctx, call, w)
		}
		select {
		case <-sd.gate.next:
		case <-ctx.Done():
			return nil, api.AsError(ctx.Err())
		}
	}
}

// Capabilities implements adapters.Backend. They are those of the backend
// itself; an account's are those of Current.
func (s *Switch) Capabilities() api.Capabilities { return s.own.Capabilities() }

// Current implements adapters.Switched.
func (s *Switch) Current(account string) adapters.Backend {
	sd := s.side(account)
	switch {
	case sd == nil:
		return s.usual
	case sd.further != nil:
		return s.answering(sd, sd.further.Current(sd.move.TargetAccount))
	}
	return sd.current
}

// Home implements adapters.Switched.
func (s *Switch) Home(account string) (name, owner string) {
	sd := s.side(account)
	switch {
	case sd == nil || !sd.atTarget:
		return s.name, account
	case sd.further != nil:
		return sd.further.Home(sd.move.TargetAccount)
	}
	return sd.move.Target, sd.move.TargetAccount
}

// Brought implements adapters.Moving.
func (s *Switch) Brought(ctx context.Context, account, name, owner string, kind adapters.Kind, id int64) (bool, error) {
	sd := s.side(account)
	if sd == nil || sd.move.Target != name || sd.move.TargetAccount != owner {
		return false, nil
	}
	rows, err := s.registry.cfg.Store.RowsByTarget(ctx, sd.move.ID, kind, []int64{id})
	return len(rows) > 0 && rows[0].Status != migrate.Deleted, err
}

// For returns the backend as the account sees it: its Capabilities are always
// those of the side that answers.
func (s *Switch) For(account string) adapters.Backend { return bound{s, account} }

// bound is a Switch for one account.
type bound struct {
	*Switch
	account string
}

// Capabilities implements adapters.Backend.
func (b bound) Capabilities() api.Capabilities { return b.Current(b.account).Capabilities() }

// answering is what answers some calls to a Switch: by way of that, since another
// may be about to answer, and with the abilities of the one behind it.
type answering struct {
	*Switch
	behind adapters.Backend

	// own answers what stays at the source while behind is the target, else nil.
	own adapters.Backend
}

// Capabilities implements adapters.Backend.
func (a answering) Capabilities() api.Capabilities {
	if a.own == nil {
		return a.behind.Capabilities()
	}
	return withStaying(a.behind.Capabilities(), a.own.Capabilities())
}

type idempotent struct{ answering }

// Idempotent implements adapters.Idempotent.
func (idempotent) Idempotent() {}

// answering returns what answers by the side, which is nil where there is none.
func (s *Switch) answering(sd *side, behind adapters.Backend) adapters.Backend {
	a := answering{Switch: s, behind: behind}
	if sd != nil && sd.atTarget {
		a.own = sd.own
	}
	if _, ok := behind.(adapters.Idempotent); ok {
		return idempotent{a}
	}
	return a
}

var (
	_ adapters.Moving     = (*Switch)(nil)
	_ adapters.Moving     = bound{}
	_ adapters.Idempotent = idempotent{}
)
