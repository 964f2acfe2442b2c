package live

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/shortener"
)

// afterTimeout bounds what is written down about a write whose client may have
// gone.
const afterTimeout = 10 * time.Second

// write carries out a write, and notes it where it must reach the other side,
// too: before it is sent, because what nobody has noted may be at the primary
// alone for ever; and what came of it before its client is told.
func (sd *side) write(ctx context.Context, call *api.Call, w write) (*api.Reply, error) {
	if w = w.of(call); w.kind == "" || !sd.atTarget && !sd.move.Phase.Notes() {
		return sd.do(ctx, call)
	}
	there, known, err := sd.inward(ctx, call)
	if err != nil {
		return nil, err
	}
	if err := sd.caughtUp(ctx, w.kind, w.object(call)); err != nil {
		return nil, err
	}
	notes, err := sd.note(ctx, there, w)
	if err != nil {
		return nil, err
	}
	reply, err := sd.send(ctx, there)
	sd.finish(ctx, notes, reply, err)
	if err != nil {
		return nil, err
	}
	return sd.outward(ctx, call.Operation, reply, known)
}

// caughtUp waits until the target has what was written of an object at the source:
// carried later, that would go over the write that is to come.
func (sd *side) caughtUp(ctx context.Context, kind adapters.Kind, id int64) error {
	if !sd.atTarget || id <= 0 || id >= madeThere {
		return nil
	}
	r := sd.registry
	waiting, cancel := context.WithTimeout(ctx, r.cfg.Patience)
	defer cancel()
	for {
		behind, err := r.cfg.Store.HasEntry(ctx, sd.move.ID, false, kind, id)
		if err != nil {
			return fmt.Errorf("looking for earlier writes of an object: %w", err)
		}
		if !behind {
			return nil
		}
		r.poke(sd.move.ID)
		wait(waiting, max(r.cfg.Every/10, 1))
		if ctx.Err() != nil {
			return api.AsError(ctx.Err())
		}
		if waiting.Err() != nil {
			return &api.Error{
				Code: api.Unavailable, Message: "What was written before is not at the backend yet. Please try again.", RetryAfter: r.cfg.Patience,
			}
		}
	}
}

// note is one entry on its way.
type note struct {
	entry    migrate.Entry
	password string // plain, never kept

	// item is the entry's place in the results of createLinks, -1 for all other
	// operations.
	item int
}

// atOnce is how many entries of one call are written at a time.
const atOnce = 16

// note writes down that a write begins.
func (sd *side) note(ctx context.Context, call *api.Call, w write) ([]note, error) {
	var notes []note
	if call.Items == nil {
		document := call.Document
		if w.field != "" && w.kind == adapters.KindLink {
			document = fmt.Appendf(nil, `{%q:%d}`, w.field, call.Path.ID)
		}
		notes = append(notes, sd.entry(w.kind, w.object(call), document, -1))
	}
	for i, item := range call.Items {
		if item.Err == nil {
			notes = append(notes, sd.entry(w.kind, 0, item.Document, i))
		}
	}
	errs := adapters.AtOnce(len(notes), atOnce, func(i int) error { return sd.noteOne(ctx, &notes[i]) })
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		sd.forget(ctx, notes)
		return nil, fmt.Errorf("noting a write for the move of its links: %w", errs[i])
	}
	return notes, nil
}

// noteOne writes down one entry. A password has its hash from the beginning: where
// the outcome is never known, what is locked must not be open at the other side.
func (sd *side) noteOne(ctx context.Context, n *note) (err error) {
	if n.password != "" {
		if n.entry.PasswordHash, err = shortener.HashPassword(ctx, n.password); err != nil {
			return err
		}
	}
	if err := sd.registry.cfg.Store.NoteEntry(ctx, &n.entry); err != nil {
		return err
	}
	if n.password != "" && sd.other != nil && !isImporter(sd.other) {
		sd.registry.passwords.keep(n.entry.PasswordHash, n.password, sd.registry.cfg.Now())
	}
	return nil
}

func (sd *side) entry(kind adapters.Kind, object int64, document []byte, item int) note {
	n := note{item: item, entry: migrate.Entry{Move: sd.move.ID, AtTarget: sd.atTarget, Kind: kind, Object: object, Document: document}}
	if kind != adapters.KindLink || document == nil {
		return n
	}
	if n.password = gjson.GetBytes(document, "password").String(); n.password != "" {
		var err error
		if n.entry.Document, err = sjson.DeleteBytes(slices.Clone(document), "password"); err != nil {
			n.entry.Document = nil // it was valid; and a password must not be kept
		}
	}
	return n
}

// finish writes down what came of a write, also for a client who has gone. What
// cannot be written down now is an entry whose outcome is not known, and is
// looked for later.
func (sd *side) finish(ctx context.Context, notes []note, reply *api.Reply, failure error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterTimeout)
	defer cancel()
	switch {
	case refused(failure):
		sd.forget(ctx, notes)
		return
	case failure != nil:
		return
	}
	errs := adapters.AtOnce(len(notes), atOnce, func(i int) error { return sd.finishOne(ctx, &notes[i], reply) })
	for _, err := range errs {
		if err != nil {
			sd.registry.cfg.Logger.Error("the outcome of a write could not be noted for the move of its link: it is looked for in a minute",
				zap.Int64("move", sd.move.ID), zap.Error(err))
		}
	}
	sd.registry.poke(sd.move.ID)
}

func (sd *side) finishOne(ctx context.Context, n *note, reply *api.Reply) (err error) {
	e, made := &n.entry, gjson.ParseBytes(reply.Document)
	if n.item >= 0 {
		if made = made.Get("data.results." + strconv.Itoa(n.item)); made.Get("error").Int() != 0 {
			return sd.registry.cfg.Store.DropEntry(ctx, e)
		}
	}
	if e.Object == 0 {
		if e.Object = made.Get("id").Int(); e.Object == 0 {
			return fmt.Errorf("the reply to the create has no id")
		}
	}
	e.Ready = true
	err = sd.registry.cfg.Store.FinishEntry(ctx, e)
	if err == nil || api.AsError(err).Code != api.NotFound {
		return err
	}
	// It took so long that it was applied as it was before this write.
	if err := sd.registry.cfg.Store.NoteEntry(ctx, e); err != nil {
		return err
	}
	return sd.registry.cfg.Store.FinishEntry(ctx, e)
}

func isImporter(p *migrate.Place) bool {
	_, ok := p.Backend.(adapters.Importer)
	return ok
}

// forget removes the entries of a write that was not made.
func (sd *side) forget(ctx context.Context, notes []note) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterTimeout)
	defer cancel()
	for i := range notes {
		if notes[i].entry.ID == 0 {
			continue
		}
		sd.registry.passwords.forget(notes[i].entry.PasswordHash)
		if err := sd.registry.cfg.Store.DropEntry(ctx, &notes[i].entry); err != nil {
			// It is applied as what it is: nothing that has changed.
			sd.registry.cfg.Logger.Warn("removing the note of a write that was refused", zap.Error(err))
		}
	}
}

// refused reports whether a write is known to have changed nothing.
func refused(err error) bool {
	if err == nil {
		return false
	}
	if upstream.NotSent(err) {
		return true
	}
	switch api.AsError(err).Code {
	case api.Unavailable, api.Internal:
		return false
	}
	return true
}
