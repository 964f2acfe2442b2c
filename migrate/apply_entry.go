package migrate

import (
	"context"
	"slices"
	"time"

	"github.com/tidwall/sjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// attempt is what came of applying an entry. The zero value of what is not Entry
// means that it was not tried.
type attempt struct {
	*Entry
	tried   bool
	refusal string
	err     error
}

// applyAll applies entries, and returns how many of them are done with, or given
// up. Its error says that those behind have to wait.
func (a *Applier) applyAll(ctx context.Context, entries []Entry) (done int, err error) {
	attempts := make([]attempt, len(entries))
	for i := range entries {
		attempts[i].Entry = &entries[i]
	}
	groups := byObject(attempts)
	for i, err := range adapters.AtOnce(len(groups), carriedAtOnce, func(i int) error { a.applyGroup(ctx, groups[i]); return nil }) {
		if err == nil {
			continue
		}
		// It panicked with the last one that it tried.
		for _, t := range slices.Backward(groups[i]) {
			if t.tried {
				t.err = err
				break
			}
		}
	}
	for i := range attempts {
		t := &attempts[i]
		if t.tried && t.err == nil && t.refusal != "" {
			a.try(ctx, t) // what stood in its way may be gone by now
		}
		if !t.tried {
			continue
		}
		over, err := a.settled(ctx, t)
		if err != nil {
			return done, err
		}
		if over {
			done++
		}
	}
	return done, nil
}

// byObject returns the attempts of each object. Creates of unknown outcome are
// each for themselves.
func byObject(attempts []attempt) (groups [][]*attempt) {
	type object struct {
		kind adapters.Kind
		id   int64
		at   bool
	}
	of := map[object]int{}
	for i := range attempts {
		t := &attempts[i]
		key := object{t.Kind, t.Object, t.AtTarget}
		if n, ok := of[key]; ok && t.Object != 0 {
			groups[n] = append(groups[n], t)
			continue
		}
		of[key] = len(groups)
		groups = append(groups, []*attempt{t})
	}
	return groups
}

// applyGroup applies the entries of one object, until one is not taken.
func (a *Applier) applyGroup(ctx context.Context, group []*attempt) {
	for _, t := range group {
		if a.try(ctx, t); t.err != nil || t.refusal != "" {
			return
		}
	}
}

// try carries the object of an entry over, and removes the entry.
func (a *Applier) try(ctx context.Context, t *attempt) {
	t.tried = true
	t.refusal, t.err = a.carry(ctx, t.Entry)
	if t.err == nil && t.refusal == "" {
		t.err = a.Mover.Store.DropEntry(ctx, t.Entry)
	}
}

// settled notes what came of an attempt, and reports whether the entry is done
// with, or given up. Its error stops the line.
func (a *Applier) settled(ctx context.Context, t *attempt) (bool, error) {
	switch failure := api.AsError(t.err); {
	case t.err == nil && t.refusal == "":
		a.failures = 0
		delete(a.later, t.ID)
		if a.Applied != nil {
			a.Applied(t.Entry)
		}
		return true, nil
	case t.err == nil:
		a.failures = 0
		err := a.refused(ctx, t.Entry, t.refusal)
		return t.GivenUp, err
	case ctx.Err() != nil:
		return false, ctx.Err()
	case lasting[failure.Code]:
		if l := a.Mover.Logger; l != nil {
			l.Warn("carrying a write to the other side of a move", zap.Int64("entry", t.ID), zap.Error(t.err))
		}
		err := a.refused(ctx, t.Entry, failure.Message)
		return t.GivenUp, err
	default:
		a.failures++
		a.rests = a.now().Add(min(max(a.pause(a.failures), failure.RetryAfter), maxRest))
		t.Error = failure.Message
		if err := a.Mover.Store.FailEntry(ctx, t.Entry); err != nil && api.AsError(err).Code != api.NotFound {
			return false, err
		}
		return false, t.err
	}
}

// lasting are the codes of failures that are about one object. After any other
// all entries wait.
var lasting = map[api.Code]bool{
	api.Invalid: true, api.NotFound: true, api.Conflict: true, api.TooLarge: true, api.Unsupported: true, api.MethodNotAllowed: true,
	api.Forbidden: true, api.Internal: true,
}

// carry returns why the object was not taken, empty if it was.
func (a *Applier) carry(ctx context.Context, e *Entry) (refusal string, err error) {
	objects := []int64{e.Object}
	if e.Object == 0 {
		if objects, err = a.made(ctx, e); err != nil {
			return "", err
		}
	}
	one := *e
	if a.Password != nil && e.PasswordHash != "" && e.Document != nil {
		if text := a.Password(e.PasswordHash); text != "" {
			if one.Document, err = sjson.SetBytes(e.Document, "password", text); err != nil {
				return "", err
			}
		}
	}
	for _, object := range objects {
		one.Object = object
		row, err := a.Mover.Carry(ctx, e.Kind, object, !e.AtTarget, &one)
		switch {
		case err != nil:
			return "", err
		case row != nil && row.Status == Failed:
			refusal = row.Error
		}
	}
	return refusal, nil
}

func (a *Applier) refused(ctx context.Context, e *Entry, reason string) error {
	e.Attempts++
	e.Error, e.GivenUp = reason, e.Attempts >= maxRefusals
	if e.GivenUp {
		delete(a.later, e.ID)
		if l := a.Mover.Logger; l != nil {
			l.Error("a write could not be carried to the other side of a move, and was given up",
				zap.Int64("move", e.Move), zap.Int64("entry", e.ID), zap.String("kind", string(e.Kind)), zap.Int64("id", e.Object), zap.String("reason", reason))
		}
	} else {
		if a.later == nil {
			a.later = map[int64]time.Time{}
		}
		a.later[e.ID] = a.now().Add(a.pause(e.Attempts))
	}
	if err := a.Mover.Store.FailEntry(ctx, e); err != nil && api.AsError(err).Code != api.NotFound {
		return err
	}
	return nil
}

// pause doubles with each failure.
func (a *Applier) pause(failures int) time.Duration {
	first := a.Pause
	if first == 0 {
		first = time.Second
	}
	return min(first<<min(failures-1, 10), maxRest)
}

// made returns what a create of unknown outcome has made: what has its natural
// key, or of links without an alias those among the newest that lead to the same
// destination and that nobody knows yet.
func (a *Applier) made(ctx context.Context, e *Entry) ([]int64, error) {
	primary := a.Mover.Source
	if e.AtTarget {
		primary = a.Mover.Target
	}
	found, err := primary.Find(ctx, &adapters.Record{Kind: e.Kind, Document: e.Document})
	switch {
	case err == nil:
		return []int64{found.ID}, nil
	case api.AsError(err).Code != api.NotFound:
		return nil, err
	case e.Kind != adapters.KindLink:
		return nil, nil
	}
	return a.newest(ctx, primary, e)
}
