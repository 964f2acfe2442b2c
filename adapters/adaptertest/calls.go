package adaptertest

import (
	"net/url"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// documents are the smallest valid ones of the operations that take one.
var documents = map[api.Operation]string{
	api.UpdateAccount:    `{"email":"owner@example.com"}`,
	api.CreateLink:       `{"url":"https://example.com/"}`,
	api.CreateLinks:      `{"urls":[{"url":"https://example.com/"},{"url":"https://example.com/2"}]}`,
	api.UpdateLink:       `{"metatitle":"Spring"}`,
	api.CreateQRCode:     `{"type":"link","data":"https://example.com/"}`,
	api.UpdateQRCode:     `{"data":"https://example.com/"}`,
	api.CreateCampaign:   `{"name":"Spring"}`,
	api.UpdateCampaign:   `{"name":"Summer"}`,
	api.CreateChannel:    `{"name":"Print"}`,
	api.UpdateChannel:    `{"starred":true}`,
	api.CreateDomain:     `{"domain":"https://go.example.com"}`,
	api.UpdateDomain:     `{"redirectroot":"https://example.com/"}`,
	api.CreatePixel:      `{"type":"gtmpixel","name":"Shop","tag":"GTM-ABCDE"}`,
	api.UpdatePixel:      `{"tag":"GTM-ABCDE"}`,
	api.CreateSplashPage: `{"name":"Spring","message":"One moment."}`,
	api.UpdateSplashPage: `{"counter":5}`,
	api.CreateOverlay:    `{"name":"Offer","message":"Two weeks only.","link":"https://example.com/"}`,
	api.UpdateOverlay:    `{"position":"top"}`,
}

// MustCall returns a valid call of the operation. Where Linkquay itself does
// the operation, and it is about a link, there is one: it is created now.
func (f Fixture) MustCall(tb testing.TB, id api.Operation) *api.Call {
	tb.Helper()
	call := &api.Call{
		Operation: id,
		Path:      api.Path{ID: 1, ItemID: 2, ItemType: "links", Filename: "a file.pdf"},
		Query:     url.Values{},
		Document:  []byte(documents[id]),
		Key:       &api.Key{ID: "test", Name: "test", Account: api.MainAccount, Backend: Name, Scopes: api.ScopeAdmin},
		Origin:    "https://go.example.com",
	}
	if len(call.Document) == 0 {
		call.Document = nil
	}
	call.Items = mustContract(tb).Operation(id).Items(call)
	if id == api.UploadFile {
		call.File = sampleFile()
		call.Query.Set("name", "My file")
	}
	if id == api.GetLink && f.Backend.Capabilities()[id].Support == api.Emulated {
		reply, err := f.Backend.Do(tb.Context(), f.MustCall(tb, api.CreateLink))
		if err != nil {
			tb.Fatalf("creating a link: %v", err)
		}
		call.Path.ID = gjson.GetBytes(reply.Document, "id").Int()
		f.Site.Forget()
	}
	return call
}

func sampleFile() *api.File {
	const content = "%PDF-1.4 of a kind"
	return &api.File{Body: strings.NewReader(content), Size: int64(len(content)), ContentType: "application/pdf"}
}
