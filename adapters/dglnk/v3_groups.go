package dglnk

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// Campaigns are the site's groups of links. They have no rotator and no slug.
var linkGroups = &kind{
	path:   "/link-group",
	member: "group",
	shape:  groupShape,
	fields: groupFields,
	rows:   "campaigns",
	title:  "Campaign",
	row:    func(b *version3, v gjson.Result) (any, bool) { return b.readGroup(v) },
}

// groupRow is a campaign. Its name stands under each of the keys that clients
// of different sites read.
type groupRow struct {
	ID       int64   `json:"id"`
	Name     string  `json:"name"`
	Campaign string  `json:"campaign"`
	Domain   string  `json:"domain"`
	Public   bool    `json:"public"`
	Rotator  bool    `json:"rotator"`
	List     *string `json:"list"`
	Date     *string `json:"date"`
}

func (b *version3) readGroup(v gjson.Result) (groupRow, bool) {
	id, ok := number(translate.Member(v, "id"))
	name := text(v, "name")
	return groupRow{
		ID: id, Name: name, Campaign: name, Domain: name, Date: b.date(translate.Member(v, "created_at")),
	}, ok && id > 0
}

func (b *version3) listCampaigns(ctx context.Context, call *api.Call) (*api.Reply, error) {
	return b.listObjects(ctx, call, linkGroups)
}

func (b *version3) getCampaign(ctx context.Context, call *api.Call) (*api.Reply, error) {
	return b.getObject(ctx, call, linkGroups)
}

func (b *version3) createCampaign(ctx context.Context, call *api.Call) (*api.Reply, error) {
	body, warnings, err := b.apply(call.Operation, call.Document)
	if err != nil {
		return nil, err
	}
	edit := editor{document: body}
	if !edit.get("name").Exists() {
		edit.set("name", "Campaign")
	}
	if edit.err != nil {
		return nil, edit.err
	}
	v, _, err := b.saveObject(ctx, call, linkGroups, 0, edit.document)
	return b.savedGroup(call, v, warnings, err)
}

func (b *version3) updateCampaign(ctx context.Context, call *api.Call) (*api.Reply, error) {
	v, warnings, err := b.changeObject(ctx, call, linkGroups)
	return b.savedGroup(call, v, warnings, err)
}

func (b *version3) savedGroup(call *api.Call, v gjson.Result, warnings []api.FieldError, err error) (*api.Reply, error) {
	if err != nil {
		return nil, err
	}
	row, ok := b.readGroup(v)
	if !ok {
		return nil, b.unexpected(call, linkGroups.member)
	}
	r, err := reply(struct {
		Error int `json:"error"`
		groupRow
	}{groupRow: row})
	if err != nil {
		return nil, err
	}
	r.Warnings = warnings
	return r, nil
}

func (b *version3) deleteCampaign(ctx context.Context, call *api.Call) (*api.Reply, error) {
	return b.deleteObject(ctx, call, linkGroups)
}

// assignLinkToCampaign puts a link into a campaign, and takes it out of every
// other. The site takes any link's number, so the link is looked at first.
func (b *version3) assignLinkToCampaign(ctx context.Context, call *api.Call) (*api.Reply, error) {
	end, err := b.turns.take(ctx, linkPath(call.Path.ItemID))
	if err != nil {
		return nil, err
	}
	defer end()
	l, _, err := b.fetch(ctx, call, call.Path.ItemID, true)
	if err != nil {
		return nil, err
	}
	if err := b.group(ctx, call, call.Path.ID, "attach", l.id); err != nil {
		return nil, err
	}
	r, err := done("Link successfully added to the campaign.")
	if err != nil {
		return nil, err
	}
	r.Warnings = b.leave(ctx, call, l, call.Path.ID)
	return r, nil
}

// group attaches links to a group, or detaches them.
func (b *version3) group(ctx context.Context, call *api.Call, id int64, verb string, links ...int64) error {
	edit := editor{document: []byte("{}")}
	edit.set("linkIds", links)
	if edit.err != nil {
		return edit.err
	}
	_, err := b.ask(ctx, call, linkGroups, exchange{
		Request: upstream.Request{Method: http.MethodPost, Path: "/" + strconv.FormatInt(id, 10) + "/" + verb, Body: edit.document, Changes: links},
		shape:   doneShape,
		missing: linkGroups.missing(),
	})
	return err
}

// checkCampaign makes sure that there is a campaign before a link is made for
// it.
func (b *version3) checkCampaign(ctx context.Context, call *api.Call, id int64) error {
	_, _, err := b.object(ctx, call, linkGroups, id, false)
	if is(err, api.NotFound) {
		return api.InvalidField("campaign", linkGroups.missing())
	}
	return err
}

// file puts links that are there into a campaign. Where that fails it is a
// warning: the links exist all the same.
func (b *version3) file(ctx context.Context, call *api.Call, campaign int64, links ...int64) []api.FieldError {
	if err := b.group(ctx, call, campaign, "attach", links...); err != nil {
		return b.unfiled(err)
	}
	return nil
}

// move puts a link into a campaign and takes it out of every other; 0 is none.
func (b *version3) move(ctx context.Context, call *api.Call, l remoteLink, campaign int64) []api.FieldError {
	if in, _ := l.groups(); campaign > 0 && !slices.Contains(in, campaign) {
		if warnings := b.file(ctx, call, campaign, l.id); warnings != nil {
			return warnings
		}
	}
	return b.leave(ctx, call, l, campaign)
}

// leave takes a link out of every campaign but one.
func (b *version3) leave(ctx context.Context, call *api.Call, l remoteLink, stays int64) []api.FieldError {
	in, _ := l.groups()
	for _, id := range in {
		if id == stays {
			continue
		}
		// A group that has gone meanwhile holds it no more.
		if err := b.group(ctx, call, id, "detach", l.id); err != nil && !is(err, api.NotFound) {
			return b.unfiled(err)
		}
	}
	return nil
}

func (b *version3) unfiled(err error) []api.FieldError {
	return []api.FieldError{{
		Field:   "campaign",
		Message: fmt.Sprintf("was not changed by the backend %q, although everything else was done: %s", b.cfg.Name, api.AsError(err).Message),
	}}
}
