// Package ids finds the ids in the contract's documents, so that whoever stands
// between clients and a backend can write others in their places.
package ids

import (
	"errors"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// File is the kind of the ids of files, which are no records.
const File adapters.Kind = "file"

// Change returns the id that is written in the place of one that was found, and
// the field of a document in which it stood: "pixels[1]". Its error ends the
// search, and is returned.
type Change func(kind adapters.Kind, field string, id int64) (int64, error)

// ErrNone says that what a reply has as an id is none: a number above 0.
var ErrNone = errors.New("the reply has something else as an id")

// shape says where the ids of an operation are. An operation without one has no
// ids.
type shape struct {
	// kind is that of Path.ID, and of the objects of the reply.
	kind adapters.Kind

	// rows is the member of "data" that lists them, empty where there is no list.
	rows string

	// whole says that "data" is the object itself.
	whole bool
}

var shapes = map[api.Operation]shape{
	api.ListLinks:            {kind: adapters.KindLink, rows: "urls"},
	api.GetLink:              {kind: adapters.KindLink, rows: "urls"},
	api.GetLinkStatistics:    {kind: adapters.KindLink},
	api.CreateLink:           {kind: adapters.KindLink},
	api.CreateLinks:          {kind: adapters.KindLink, rows: "results"},
	api.UpdateLink:           {kind: adapters.KindLink},
	api.DeleteLink:           {kind: adapters.KindLink},
	api.ListQRCodes:          {kind: adapters.KindQR, rows: "qrs"},
	api.GetQRCode:            {kind: adapters.KindQR},
	api.CreateQRCode:         {kind: adapters.KindQR},
	api.UpdateQRCode:         {kind: adapters.KindQR},
	api.DeleteQRCode:         {kind: adapters.KindQR},
	api.ListCampaigns:        {kind: adapters.KindCampaign, rows: "campaigns"},
	api.GetCampaign:          {kind: adapters.KindCampaign, whole: true},
	api.CreateCampaign:       {kind: adapters.KindCampaign},
	api.AssignLinkToCampaign: {kind: adapters.KindCampaign},
	api.UpdateCampaign:       {kind: adapters.KindCampaign},
	api.DeleteCampaign:       {kind: adapters.KindCampaign},
	api.ListChannels:         {kind: adapters.KindChannel, rows: "channels"},
	api.ListChannelItems:     {kind: adapters.KindChannel, rows: "items"},
	api.CreateChannel:        {kind: adapters.KindChannel},
	api.AssignItemToChannel:  {kind: adapters.KindChannel},
	api.UpdateChannel:        {kind: adapters.KindChannel},
	api.DeleteChannel:        {kind: adapters.KindChannel},
	api.ListDomains:          {kind: adapters.KindDomain, rows: "domains"},
	api.GetDomain:            {kind: adapters.KindDomain, whole: true},
	api.CreateDomain:         {kind: adapters.KindDomain},
	api.UpdateDomain:         {kind: adapters.KindDomain},
	api.DeleteDomain:         {kind: adapters.KindDomain},
	api.ListFiles:            {kind: File},
	api.UploadFile:           {kind: File},
	api.DeleteFile:           {kind: File},
	api.ListPixels:           {kind: adapters.KindPixel, rows: "pixels"},
	api.GetPixel:             {kind: adapters.KindPixel, whole: true},
	api.CreatePixel:          {kind: adapters.KindPixel},
	api.UpdatePixel:          {kind: adapters.KindPixel},
	api.DeletePixel:          {kind: adapters.KindPixel},
	api.ListSplashPages:      {kind: adapters.KindSplash, rows: "splash"},
	api.CreateSplashPage:     {kind: adapters.KindSplash},
	api.UpdateSplashPage:     {kind: adapters.KindSplash},
	api.DeleteSplashPage:     {kind: adapters.KindSplash},
	api.ListOverlays:         {kind: adapters.KindOverlay, rows: "overlay"},
	api.CreateOverlay:        {kind: adapters.KindOverlay},
	api.UpdateOverlay:        {kind: adapters.KindOverlay},
	api.DeleteOverlay:        {kind: adapters.KindOverlay},
}

// Kind returns what an operation is about, and what its Path.ID is the id of;
// empty where it has no ids.
func Kind(op api.Operation) adapters.Kind { return shapes[op].kind }

// ItemKind returns what a call's Path.ItemID is the id of; empty where it is
// none of a record's.
func ItemKind(call *api.Call) adapters.Kind {
	switch call.Operation {
	case api.AssignLinkToCampaign:
		return adapters.KindLink
	case api.AssignItemToChannel:
		return kindOfItem(call.Path.ItemType)
	}
	return ""
}

func kindOfItem(word string) adapters.Kind {
	switch word {
	case "links":
		return adapters.KindLink
	case "qr":
		return adapters.KindQR
	}
	return ""
}

// references are the members of a link that name others, and what they name.
var references = map[string]adapters.Kind{
	"campaign": adapters.KindCampaign,
	"channel":  adapters.KindChannel,
	"channels": adapters.KindChannel,
	"pixels":   adapters.KindPixel,
}

// kindOfType splits a link's type into the word and the number that it is made
// of, and what that numbers: a splash page, or an overlay.
func kindOfType(text string) (word string, id int64, kind adapters.Kind) {
	number, kind := text, adapters.KindSplash
	if rest, ok := strings.CutPrefix(text, "overlay-"); ok {
		word, number, kind = "overlay-", rest, adapters.KindOverlay
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 {
		return text, 0, ""
	}
	return word, n, kind
}

// edit returns an object whose values are what change makes of them.
func edit(object gjson.Result, change func(name string, v gjson.Result) (string, error)) (string, error) {
	var b strings.Builder
	b.Grow(len(object.Raw) + 64)
	var failure error
	object.ForEach(func(key, v gjson.Result) bool {
		var text string
		if text, failure = change(key.Str, v); failure != nil {
			return false
		}
		b.WriteByte(separator(b.Len() == 0, '{'))
		b.WriteString(key.Raw)
		b.WriteByte(':')
		b.WriteString(text)
		return true
	})
	if b.Len() == 0 {
		return "{}", failure
	}
	return b.String() + "}", failure
}

// each returns a list whose entries are what change makes of them.
func each(list gjson.Result, change func(i int, v gjson.Result) (string, error)) (string, error) {
	var b strings.Builder
	b.Grow(len(list.Raw) + len(list.Raw)/8)
	var failure error
	i := 0
	list.ForEach(func(_, v gjson.Result) bool {
		var text string
		if text, failure = change(i, v); failure != nil {
			return false
		}
		i++
		b.WriteByte(separator(b.Len() == 0, '['))
		b.WriteString(text)
		return true
	})
	if b.Len() == 0 {
		return "[]", failure
	}
	return b.String() + "]", failure
}

func separator(first bool, opening byte) byte {
	if first {
		return opening
	}
	return ','
}
