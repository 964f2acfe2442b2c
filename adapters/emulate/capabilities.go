package emulate

import (
	"maps"
	"slices"

	"github.com/linkquay/linkquay/api"
)

// The fields of a link that are kept here where the backend has nothing like
// them.
const (
	description = "description"
	campaign    = "campaign"
	channel     = "channel"
)

// The operations on the objects that are emulated. Where the backend does some
// of a list it is left alone with all of it: two kinds of ids would meet there.
var (
	qrOperations = []api.Operation{
		api.ListQRCodes, api.GetQRCode, api.CreateQRCode, api.UpdateQRCode, api.DeleteQRCode,
	}
	campaignOperations = []api.Operation{
		api.ListCampaigns, api.GetCampaign, api.CreateCampaign, api.UpdateCampaign, api.DeleteCampaign, api.AssignLinkToCampaign,
	}
	channelOperations = []api.Operation{
		api.ListChannels, api.ListChannelItems, api.CreateChannel, api.UpdateChannel, api.DeleteChannel, api.AssignItemToChannel,
	}
)

// ours are the parts of a link that are kept here.
type ours struct{ description, campaign, channel bool }

func (o ours) has(field string) bool {
	switch field {
	case description:
		return o.description
	case campaign:
		return o.campaign
	case channel:
		return o.channel
	}
	return false
}

// lacks reports whether the backend does none of the operations.
func (b *backend) lacks(ops ...api.Operation) bool {
	return !slices.ContainsFunc(ops, b.inner.Capabilities().Supports)
}

// addObjects adds QR codes, and where links can be in them campaigns and
// channels.
func (b *backend) addObjects() {
	if b.lacks(qrOperations...) {
		b.addNative(qrOperations)
	}
	if b.lacks(api.GetLink) {
		return
	}
	if b.lacks(campaignOperations...) {
		b.ours.campaign = true
		b.addNative(campaignOperations)
		b.handlers[api.AssignLinkToCampaign] = b.assignLinkToCampaign
	}
	if b.lacks(channelOperations...) {
		b.ours.channel = true
		b.addNative(channelOperations)
		b.handlers[api.AssignItemToChannel] = b.assignItemToChannel
		if b.handlers[api.GetQRCode] == nil {
			b.capabilities[api.AssignItemToChannel].Fields["type"].Values["qr"] = api.Refused
		}
	}
}

func (b *backend) addNative(ops []api.Operation) {
	for _, op := range ops {
		b.handlers[op] = b.native
		b.emulated(op, b.cfg.Native.Capabilities()[op])
	}
}

// addLinks adds what is kept here of the backend's links, and createLinks.
func (b *backend) addLinks() {
	inner := b.inner.Capabilities()
	// A note that the adapter itself keeps could not be changed where the
	// backend knows no updates: ours can.
	b.ours.description = !b.lacks(api.GetLink) && inner[api.CreateLink].Fields[description].Support != api.Native
	if b.ours != (ours{}) {
		for op, h := range map[api.Operation]handler{
			api.CreateLink:  b.createLink,
			api.CreateLinks: b.createTogether,
			api.GetLink:     b.readLinks,
			api.ListLinks:   b.readLinks,
			api.DeleteLink:  b.deleteLink,
		} {
			if inner.Supports(op) {
				b.handlers[op] = h
			}
		}
		b.handlers[api.UpdateLink] = b.updateLink
		for _, op := range []api.Operation{api.CreateLink, api.UpdateLink} {
			b.addFields(op, inner[op])
		}
	}
	if inner.Supports(api.CreateLink) && b.lacks(api.CreateLinks) {
		b.handlers[api.CreateLinks] = b.createEach
		b.emulated(api.CreateLinks, b.cfg.Native.Capabilities()[api.CreateLinks])
	}
}

// addFields says that the parts of a link that are kept here can be sent.
func (b *backend) addFields(op api.Operation, c api.Capability) {
	fields := map[string]api.FieldCapability{}
	if b.lacks(op) {
		if op == api.CreateLink {
			return
		}
		c = api.Capability{Support: api.Emulated}
		create := b.inner.Capabilities()[api.CreateLink]
		for field, known := range create.Fields {
			if never(field, known) && len(known.Values) > 0 {
				fields[field] = known
			}
		}
		b.unchanged = unchanged(b.cfg.Native.Capabilities()[op].Fields, create)
	}
	maps.Copy(fields, c.Fields)
	for _, field := range []string{description, campaign, channel} {
		if b.ours.has(field) {
			fields[field] = api.FieldCapability{Support: api.Emulated}
		}
	}
	c.Fields = fields
	b.capabilities[op] = c
}

// emulated says that what the native backend does with the operation is done
// for this one.
func (b *backend) emulated(op api.Operation, c api.Capability) {
	b.capabilities[op] = api.Capability{Support: api.Emulated, Fields: emulated(c.Fields), Query: emulated(c.Query)}
}

func emulated(fields map[string]api.FieldCapability) map[string]api.FieldCapability {
	marked := maps.Clone(fields)
	for name, f := range marked {
		f.Support, f.Values = mark(f.Support), maps.Clone(f.Values)
		for value, support := range f.Values {
			f.Values[value] = mark(support)
		}
		marked[name] = f
	}
	return marked
}

func mark(s api.Support) api.Support {
	if s == api.Native {
		return api.Emulated
	}
	return s
}

// complete adds what the backend does itself.
func (b *backend) complete() {
	for op, c := range b.inner.Capabilities() {
		if _, ok := b.capabilities[op]; !ok {
			b.capabilities[op] = c
		}
	}
}
