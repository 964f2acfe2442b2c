package live

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/ids"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// inward returns the call in the ids of the side, and these.
func (sd *side) inward(ctx context.Context, call *api.Call) (*api.Call, *known, error) {
	known, err := sd.ids(ctx, call)
	if err != nil {
		return nil, nil, err
	}
	there := *call
	if err := sd.path(&there, known); err != nil {
		return nil, nil, err
	}
	change := func(kind adapters.Kind, field string, id int64) (int64, error) {
		local, ok := known.of(kind, id)
		if !ok {
			return 0, api.InvalidField(field, "must be one of this account")
		}
		return local, nil
	}
	if ids.Kind(call.Operation) == adapters.KindLink {
		if call.Document != nil && call.Items == nil {
			if there.Document, err = ids.Document(call.Document, change); err != nil {
				return nil, nil, err
			}
		}
		there.Items = slices.Clone(call.Items)
		for i, item := range there.Items {
			if item.Err != nil {
				continue
			}
			if there.Items[i].Document, err = ids.Document(item.Document, change); err != nil {
				there.Items[i] = api.Item{Err: api.AsError(err)}
			}
		}
	}
	return &there, known, sd.rehosted(&there)
}

// path writes the ids of a call's path.
func (sd *side) path(call *api.Call, known *known) error {
	for _, p := range []struct {
		kind adapters.Kind
		id   *int64
	}{{ids.Kind(call.Operation), &call.Path.ID}, {ids.ItemKind(call), &call.Path.ItemID}} {
		if p.kind == "" || *p.id == 0 {
			continue
		}
		local, ok := known.of(p.kind, *p.id)
		if !ok && p.kind == ids.File && sd.atTarget {
			return api.Errorf(api.NotFound, "File not found. Files are not moved: it may still be at the backend %q.", sd.move.Source)
		}
		if !ok {
			return missing(p.kind)
		}
		*p.id = local
	}
	return nil
}

// titles begin what clients are told of objects that are not there.
var titles = map[adapters.Kind]string{
	adapters.KindLink:     "Link",
	adapters.KindQR:       "QR code",
	adapters.KindCampaign: "Campaign",
	adapters.KindChannel:  "Channel",
	adapters.KindDomain:   "Domain",
	adapters.KindPixel:    "Pixel",
	adapters.KindSplash:   "Splash page",
	adapters.KindOverlay:  "Overlay",
	ids.File:              "File",
}

func missing(kind adapters.Kind) error {
	return api.Errorf(api.NotFound, "%s not found. Please try again.", titles[kind])
}

// outward returns a reply of the side in the ids that clients know. Those of the
// source are theirs; but who asks by an id that the target gave is answered by
// that.
func (sd *side) outward(ctx context.Context, op api.Operation, reply *api.Reply, asked *known) (*api.Reply, error) {
	if ids.Kind(op) == "" || !sd.atTarget && len(asked.rows) == 0 {
		return reply, nil
	}
	if !sd.atTarget {
		return sd.written(op, reply, func(kind adapters.Kind, id int64) (int64, error) { return asked.asked(kind, id), nil })
	}
	found := wanted{}
	if _, err := ids.Reply(op, reply.Document, found.note); err != nil {
		return nil, sd.unexpected(err)
	}
	rows, err := found.rows(ctx, sd, sd.registry.cfg.Store.RowsByTarget, func(row *migrate.Row) int64 { return row.TargetID })
	if err != nil {
		return nil, err
	}
	return sd.written(op, reply, func(kind adapters.Kind, id int64) (int64, error) { return shown(rows[kind][id], id) })
}

// written returns a reply with other ids.
func (sd *side) written(op api.Operation, reply *api.Reply, change func(kind adapters.Kind, id int64) (int64, error)) (*api.Reply, error) {
	document, err := ids.Reply(op, reply.Document, func(kind adapters.Kind, _ string, id int64) (int64, error) { return change(kind, id) })
	if err != nil {
		return nil, sd.unexpected(err)
	}
	there := *reply
	there.Document = document
	return &there, nil
}

// shown returns the id by which clients know an object of the target.
func shown(row *migrate.Row, id int64) (int64, error) {
	switch {
	case row != nil && row.SourceID > 0 && !row.AtTarget:
		return row.SourceID, nil
	}
	return marked(id)
}

func (sd *side) unexpected(err error) error {
	if failure, ok := errors.AsType[*api.Error](err); ok {
		return failure
	}
	name := sd.move.Source
	if sd.atTarget {
		name = sd.move.Target
	}
	return &api.Error{Code: api.Unavailable, Message: fmt.Sprintf("The backend %q gave an unexpected reply.", name), Err: err}
}

// ids looks up the ids of a call: at the source those that clients have from the
// target, and at the target those of the source.
func (sd *side) ids(ctx context.Context, call *api.Call) (*known, error) {
	k := &known{atTarget: sd.atTarget}
	found := wanted{}
	note := func(kind adapters.Kind, field string, id int64) (int64, error) {
		if atSource := id < madeThere; atSource == sd.atTarget {
			return found.note(kind, field, unmarked(id))
		}
		return id, nil
	}
	for _, p := range []struct {
		kind adapters.Kind
		id   int64
	}{{ids.Kind(call.Operation), call.Path.ID}, {ids.ItemKind(call), call.Path.ItemID}} {
		if p.kind != "" && p.id > 0 {
			_, _ = note(p.kind, "", p.id) // It never fails.
		}
	}
	if ids.Kind(call.Operation) == adapters.KindLink {
		for _, document := range documents(call) {
			_, _ = ids.Document(document, note) // It fails where note does.
		}
	}
	var err error
	if sd.atTarget {
		k.rows, err = found.rows(ctx, sd, sd.registry.cfg.Store.RowsBySource, func(row *migrate.Row) int64 { return row.SourceID })
	} else {
		k.rows, err = found.rows(ctx, sd, sd.registry.cfg.Store.RowsByTarget, func(row *migrate.Row) int64 { return row.TargetID })
	}
	return k, err
}

// documents returns the documents of a call one by one.
func documents(call *api.Call) [][]byte {
	if call.Items == nil {
		if call.Document == nil {
			return nil
		}
		return [][]byte{call.Document}
	}
	var all [][]byte
	for _, item := range call.Items {
		if item.Err == nil {
			all = append(all, item.Document)
		}
	}
	return all
}
