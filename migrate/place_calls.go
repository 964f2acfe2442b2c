package migrate

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

// maxThinned bounds how often a request is sent again without what was refused
// of it. One refusal names all fields that it found.
const maxThinned = 10

// operations are what a kind of object is written by.
type operations struct {
	create, update, remove api.Operation

	// vital are the fields without which an object would be another one.
	vital []string

	// fixed are those that an update does not have.
	fixed []string
}

var writes = map[adapters.Kind]operations{
	adapters.KindDomain: {
		create: api.CreateDomain, update: api.UpdateDomain, remove: api.DeleteDomain,
		vital: []string{fieldDomain}, fixed: []string{fieldDomain},
	},
	adapters.KindPixel: {
		create: api.CreatePixel, update: api.UpdatePixel, remove: api.DeletePixel,
		vital: []string{"type", "tag"}, fixed: []string{"type"},
	},
	adapters.KindSplash: {create: api.CreateSplashPage, update: api.UpdateSplashPage, remove: api.DeleteSplashPage},
	adapters.KindOverlay: {
		create: api.CreateOverlay, update: api.UpdateOverlay, remove: api.DeleteOverlay,
		vital: []string{"type"}, fixed: []string{"type"},
	},
	adapters.KindCampaign: {create: api.CreateCampaign, update: api.UpdateCampaign, remove: api.DeleteCampaign, vital: []string{"name"}},
	adapters.KindChannel:  {create: api.CreateChannel, update: api.UpdateChannel, remove: api.DeleteChannel, vital: []string{"name"}},
	adapters.KindLink: {
		create: api.CreateLink, update: api.UpdateLink, remove: api.DeleteLink,
		vital: []string{"url", "custom", fieldDomain},
	},
	adapters.KindQR: {create: api.CreateQRCode, update: api.UpdateQRCode, remove: api.DeleteQRCode, vital: []string{"type", "data"}},
}

// one writes a record by the contract's calls.
func (w *writer) one(ctx context.Context, r *adapters.Record) Result {
	if r.ID != 0 {
		return w.replace(ctx, r, r.ID)
	}
	if r.Kind != adapters.KindLink {
		id, err := w.adopt(ctx, r)
		switch {
		case err != nil:
			return Result{Err: err}
		case id != 0:
			return w.existing(ctx, r, id)
		}
	}
	res := w.create(ctx, r)
	if r.Kind != adapters.KindLink || !isCode(res.Err, api.Conflict) {
		return res
	}
	id, err := w.mine(ctx, r, res.Err)
	if err != nil {
		return Result{Err: err}
	}
	return w.existing(ctx, r, id)
}

func (w *writer) existing(ctx context.Context, r *adapters.Record, id int64) Result {
	res := w.replace(ctx, r, id)
	res.Existing = res.Err == nil
	return res
}

// create adds an object.
func (w *writer) create(ctx context.Context, r *adapters.Record) Result {
	if w.begin != nil {
		if err := w.begin(ctx, r); err != nil {
			return Result{Err: err}
		}
	}
	d := &draft{kind: r.Kind, document: r.Document, essential: writes[r.Kind].vital}
	d.passwordOf(r)
	channels := channelsOf(r)
	if len(channels) > 0 && r.Kind == adapters.KindLink {
		d.set(fieldChannel, strconv.FormatInt(channels[0], 10))
	}
	// A create need not say what there is anyway, and sites refuse less of it.
	gjson.ParseBytes(d.document).ForEach(func(name, v gjson.Result) bool {
		if meaningOf(r.Kind, name.Str, v) == "" {
			d.unset(name.Str)
		}
		return true
	})
	do := w.do
	if r.Kind != adapters.KindLink {
		do = func(ctx context.Context, call *api.Call) (*api.Reply, error) { return w.make(ctx, r, call) }
	}
	reply, err := w.send(ctx, d, w.place.call(writes[r.Kind].create), do)
	if err != nil {
		return Result{Err: err}
	}
	id := gjson.GetBytes(reply.Document, "id").Int()
	if id < 1 {
		return Result{Err: api.Errorf(api.Unavailable, "The backend %q did not say what it has made.", w.place.Name)}
	}
	switch {
	case len(channels) == 0 || r.Kind != adapters.KindLink:
	case slices.Contains(d.lost, fieldChannel):
		d.found(fieldChannel)
	default:
		channels = channels[1:]
	}
	if err := w.group(ctx, d, r, id, channels); err != nil {
		return Result{Err: err}
	}
	return w.made(ctx, d, r, id)
}

// make sends a create. Where nobody knows what came of it, what it has made is
// looked for before it is sent again: unlike links, these have no alias that they
// would meet.
func (w *writer) make(ctx context.Context, r *adapters.Record, call *api.Call) (reply *api.Reply, err error) {
	seeker := *w
	seeker.ask, seeker.doubtful = once, true
	doubt := false
	err = w.ask(ctx, func(ctx context.Context) (err error) {
		if doubt {
			id, err := seeker.adopt(ctx, r)
			if err != nil {
				return err
			}
			if id != 0 {
				reply = &api.Reply{Document: fmt.Appendf(nil, `{"id":%d}`, id)}
				return nil
			}
		}
		reply, err = w.place.Backend.Do(ctx, call)
		doubt = doubt || isCode(err, api.Unavailable)
		return err
	})
	return reply, err
}

// made reads an object back that was added. Its campaign and channels take
// further calls on sites that tell of them in lists alone: once they were found
// to be as they were sent, the site is taken at its word.
func (w *writer) made(ctx context.Context, d *draft, r *adapters.Record, id int64) Result {
	sent := groups{campaign: gjson.GetBytes(r.Document, "campaign").Int(), channels: channelsOf(r), tellsCampaign: true, tellsChannels: true}
	trusted := (sent.campaign == 0 || w.trust.has("campaign")) && (len(sent.channels) == 0 || w.trust.has(fieldChannel)) && len(d.lost) == 0
	if trusted {
		w.place.grouped(r.Kind, id, sent)
		defer w.place.forgetGroups(r.Kind, id)
	} else {
		w.place.forget(r.Kind, id)
	}
	res := w.stored(ctx, d, id)
	if res.Err != nil || trusted {
		return res
	}
	if sent.campaign > 0 && gjson.GetBytes(res.Stored.Document, "campaign").Int() == sent.campaign {
		w.trust.add("campaign")
	}
	if len(sent.channels) > 0 && slices.Equal(channelsOf(res.Stored), sent.channels) {
		w.trust.add(fieldChannel)
	}
	return res
}

// group puts an object into channels, and into its campaign where its create did
// not.
func (w *writer) group(ctx context.Context, d *draft, r *adapters.Record, id int64, channels []int64) error {
	item := "links"
	if r.Kind == adapters.KindQR {
		item = "qr"
	}
	for _, channel := range channels {
		call := w.place.call(api.AssignItemToChannel)
		call.Path = api.Path{ID: channel, ItemType: item, ItemID: id}
		if err := w.assign(ctx, d, fieldChannel, call); err != nil {
			return err
		}
		w.place.entered(r.Kind, id, channel)
	}
	if campaign := gjson.GetBytes(r.Document, "campaign").Int(); campaign > 0 && slices.Contains(d.lost, "campaign") {
		d.found("campaign")
		call := w.place.call(api.AssignLinkToCampaign)
		call.Path = api.Path{ID: campaign, ItemID: id}
		return w.assign(ctx, d, "campaign", call)
	}
	return nil
}

// assign makes a call about a group. What the backend will not do costs the
// field, and not the object.
func (w *writer) assign(ctx context.Context, d *draft, field string, call *api.Call) error {
	_, err := w.do(ctx, call)
	if err == nil {
		return nil
	}
	if isPassing(err) || ctx.Err() != nil {
		return err
	}
	d.lose(field)
	return nil
}

// stored reads an object back.
func (w *writer) stored(ctx context.Context, d *draft, id int64) Result {
	res := Result{ID: id, Lost: d.lost}
	err := w.ask(ctx, func(ctx context.Context) (err error) {
		res.Stored, err = w.place.Get(ctx, d.kind, id)
		return err
	})
	if isCode(err, api.NotFound) {
		// It is no answer about an object that was written a moment ago.
		err = &api.Error{Code: api.Unavailable, Message: fmt.Sprintf("The backend %q does not show what it was given.", w.place.Name), Err: err}
	}
	if err != nil {
		return Result{Err: err}
	}
	return res
}

// send sends a draft, and again without what the backend will not take.
func (w *writer) send(ctx context.Context, d *draft, call *api.Call, do func(context.Context, *api.Call) (*api.Reply, error)) (*api.Reply, error) {
	contract, err := openapi.Load()
	if err != nil {
		return nil, err
	}
	for range maxThinned {
		if d.err != nil {
			return nil, fmt.Errorf("writing a document: %w", d.err)
		}
		if d.update && string(d.document) == "{}" {
			return &api.Reply{}, nil
		}
		call.Document = d.document
		// Backends rely on it, and sites have links that the contract does not.
		if err := contract.Operation(call.Operation).Validate(call); err != nil {
			return nil, err
		}
		reply, err := do(ctx, call)
		if err == nil {
			for _, warning := range reply.Warnings {
				d.warned(warning.Field)
			}
			return reply, nil
		}
		if !isCode(err, api.Unsupported) || !d.thin(api.AsError(err).Fields) {
			return nil, err
		}
	}
	return nil, api.Errorf(api.Unsupported, "The backend %q refuses too much of this.", w.place.Name)
}

func (w *writer) do(ctx context.Context, call *api.Call) (reply *api.Reply, err error) {
	err = w.ask(ctx, func(ctx context.Context) (err error) {
		reply, err = w.place.Backend.Do(ctx, call)
		return err
	})
	return reply, err
}
