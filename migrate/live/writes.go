package live

import (
	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/ids"
	"github.com/linkquay/linkquay/api"
)

// write is what an operation writes. Those that are not here are no matter of
// moves: the account and the files stay where they are.
type write struct {
	kind adapters.Kind

	// makes says that the object is not there before.
	makes bool

	// field is what the object of Path.ItemID gets of Path.ID; empty where the
	// operation is about Path.ID itself.
	field string
}

var writes = map[api.Operation]write{
	api.CreateLink:           {kind: adapters.KindLink, makes: true},
	api.CreateLinks:          {kind: adapters.KindLink, makes: true},
	api.UpdateLink:           {kind: adapters.KindLink},
	api.DeleteLink:           {kind: adapters.KindLink},
	api.AssignLinkToCampaign: {kind: adapters.KindLink, field: "campaign"},
	api.AssignItemToChannel:  {field: "channel"},
	api.CreateQRCode:         {kind: adapters.KindQR, makes: true},
	api.UpdateQRCode:         {kind: adapters.KindQR},
	api.DeleteQRCode:         {kind: adapters.KindQR},
	api.CreateCampaign:       {kind: adapters.KindCampaign, makes: true},
	api.UpdateCampaign:       {kind: adapters.KindCampaign},
	api.DeleteCampaign:       {kind: adapters.KindCampaign},
	api.CreateChannel:        {kind: adapters.KindChannel, makes: true},
	api.UpdateChannel:        {kind: adapters.KindChannel},
	api.DeleteChannel:        {kind: adapters.KindChannel},
	api.CreateDomain:         {kind: adapters.KindDomain, makes: true},
	api.UpdateDomain:         {kind: adapters.KindDomain},
	api.DeleteDomain:         {kind: adapters.KindDomain},
	api.CreatePixel:          {kind: adapters.KindPixel, makes: true},
	api.UpdatePixel:          {kind: adapters.KindPixel},
	api.DeletePixel:          {kind: adapters.KindPixel},
	api.CreateSplashPage:     {kind: adapters.KindSplash, makes: true},
	api.UpdateSplashPage:     {kind: adapters.KindSplash},
	api.DeleteSplashPage:     {kind: adapters.KindSplash},
	api.CreateOverlay:        {kind: adapters.KindOverlay, makes: true},
	api.UpdateOverlay:        {kind: adapters.KindOverlay},
	api.DeleteOverlay:        {kind: adapters.KindOverlay},
}

// of returns the write of a call, whose kind is empty for items that are not
// moved.
func (w write) of(call *api.Call) write {
	if w.kind == "" {
		w.kind = ids.ItemKind(call)
	}
	return w
}

// object returns the id of the object that a call writes; 0 for a create.
func (w write) object(call *api.Call) int64 {
	switch {
	case w.makes:
		return 0
	case w.field != "":
		return call.Path.ItemID
	}
	return call.Path.ID
}
