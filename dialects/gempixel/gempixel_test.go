package gempixel

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/translate"
)

func newDialect(t testing.TB) (*Dialect, *openapi.Contract) {
	t.Helper()
	contract, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	return New(contract), contract
}

// TestSamples passes every sample request of the published pages through the
// dialect into the contract.
func TestSamples(t *testing.T) {
	d, contract := newDialect(t)
	raw, err := os.ReadFile("../../testdata/operations.json")
	if err != nil {
		t.Fatal(err)
	}
	var operations []struct {
		Operation api.Operation
		Samples   []struct{ Request json.RawMessage }
	}
	if err := json.Unmarshal(raw, &operations); err != nil {
		t.Fatal(err)
	}
	for _, o := range operations {
		op := contract.Operation(o.Operation)
		if op.Body != openapi.JSONBody {
			continue
		}
		for _, sample := range o.Samples {
			doc, _, err := d.Document(o.Operation, sample.Request)
			if err != nil {
				t.Errorf("%s: %v", o.Operation, err)
				continue
			}
			if err := op.Validate(&api.Call{Operation: o.Operation, Document: doc}); err != nil {
				t.Errorf("%s: %v in %s", o.Operation, err, doc)
			}
		}
	}
}

func TestDialect_Head(t *testing.T) {
	d, _ := newDialect(t)
	for _, c := range []struct {
		method, target string
		op             api.Operation
		path           api.Path
		code           api.Code
	}{
		{"GET", "/api/account", api.GetAccount, api.Path{}, ""},
		{"POST", "/api/account", api.GetAccount, api.Path{}, ""},
		{"HEAD", "/api/urls", api.ListLinks, api.Path{}, ""},
		{"GET", "/api/url/7", api.GetLink, api.Path{ID: 7}, ""},
		{"GET", "/api/url/7/", api.GetLink, api.Path{ID: 7}, ""},
		{"PUT", "/api/url/7/update", api.UpdateLink, api.Path{ID: 7}, ""},
		{"POST", "/api/campaign/3/assign/4", api.AssignLinkToCampaign, api.Path{ID: 3, ItemID: 4}, ""},
		{"POST", "/api/channel/3/assign/qr/4", api.AssignItemToChannel, api.Path{ID: 3, ItemID: 4, ItemType: "qr"}, ""},
		{"GET", "/api/campaign/3", api.GetCampaign, api.Path{ID: 3}, ""},
		{"GET", "/api/domain/3", api.GetDomain, api.Path{ID: 3}, ""},
		{"GET", "/api/pixel/3", api.GetPixel, api.Path{ID: 3}, ""},
		{"GET", "/api/url/3/stats", api.GetLinkStatistics, api.Path{ID: 3}, ""},
		{"POST", "/api/urls/bulk", api.CreateLinks, api.Path{}, ""},
		{"POST", "/api/splash/add", api.CreateSplashPage, api.Path{}, ""},
		{"PUT", "/api/splash/3/update", api.UpdateSplashPage, api.Path{ID: 3}, ""},
		{"DELETE", "/api/splash/3/delete", api.DeleteSplashPage, api.Path{ID: 3}, ""},
		{"POST", "/api/overlay/add", api.CreateOverlay, api.Path{}, ""},
		{"PUT", "/api/overlay/3/update", api.UpdateOverlay, api.Path{ID: 3}, ""},
		{"DELETE", "/api/overlay/3/delete", api.DeleteOverlay, api.Path{ID: 3}, ""},
		{"DELETE", "/api/files/3/delete", api.DeleteFile, api.Path{ID: 3}, ""},
		{"GET", "/api/orphans", api.ListOrphanVisits, api.Path{}, ""},
		{"GET", "/api/urls/bulk", "", api.Path{}, api.MethodNotAllowed},
		{"GET", "/api/campaign/x", "", api.Path{}, api.Invalid},
		{"GET", "/api/campaign/add", "", api.Path{}, api.MethodNotAllowed},
		{"POST", "/api/files/upload/a%20b.pdf", api.UploadFile, api.Path{Filename: "a b.pdf"}, ""},
		{"POST", "/api/files/upload/a%2Fb.pdf", "", api.Path{}, api.Invalid},
		{"POST", "/api/files/upload/%EA%B0%80.pdf", api.UploadFile, api.Path{Filename: "가.pdf"}, ""},
		{"POST", "/api/files/upload/a%FF.pdf", "", api.Path{}, api.Invalid},
		{"POST", "/api/files/upload/a%00.pdf", "", api.Path{}, api.Invalid},
		{"POST", "/api/files/upload/..", "", api.Path{}, api.Invalid},
		{"POST", "/api/files/upload/", "", api.Path{}, api.Invalid},
		{"GET", "/api/files/upload/a.pdf", "", api.Path{}, api.MethodNotAllowed},
		{"GET", "/api/url/x", "", api.Path{}, api.Invalid},
		{"GET", "/api/url/1e3", "", api.Path{}, api.Invalid},
		{"GET", "/api/url/%2e%2e%2f1", "", api.Path{}, api.NotFound},
		{"GET", "/api/url/add", "", api.Path{}, api.MethodNotAllowed},
		{"GET", "/api/url", "", api.Path{}, api.NotFound},
		{"GET", "/api", "", api.Path{}, api.NotFound},
		{"GET", "/api//urls", "", api.Path{}, api.NotFound},
		{"GET", "/api/1/2/3/4", "", api.Path{}, api.NotFound},
		{"GET", "/api/urls?%zz", "", api.Path{}, api.Invalid},
	} {
		h, err := d.Head(httptest.NewRequest(c.method, c.target, nil))
		if c.code != "" {
			if err == nil || api.AsError(err).Code != c.code {
				t.Errorf("%s %s: %v; want %s", c.method, c.target, err, c.code)
			}
			continue
		}
		if err != nil || h.Call.Operation != c.op || h.Call.Path != c.path {
			t.Errorf("%s %s = %+v, %v; want %s %+v", c.method, c.target, h, err, c.op, c.path)
		}
	}
}

func TestDialect_Document(t *testing.T) {
	d, _ := newDialect(t)
	for _, c := range []struct {
		op       api.Operation
		in, want string
		kind     translate.Kind
	}{
		{api.CreateLink, `{"url":"https://a.example/"}`, `{"url":"https://a.example/"}`, ""},
		{api.CreateLink, ``, `{}`, ""},
		{api.CreateLink, `{"custom":""}`, `{}`, translate.EmptyValue},
		{api.CreateLink, `{"domain":false}`, `{}`, translate.EmptyValue},
		{api.CreateLink, `{"custom":null}`, `{}`, translate.NullValue},
		{api.CreateLink, `{"nonsense":[1]}`, `{}`, translate.UnknownField},
		{api.CreateLink, `{"type":12}`, `{"type":"12"}`, translate.OtherType},
		{api.CreateLink, `{"channel":"3"}`, `{"channel":3}`, translate.OtherType},
		{api.CreateLink, `{"channel":0}`, `{}`, translate.EmptyValue},
		{api.CreateLink, `{"channel":"x"}`, `{"channel":"x"}`, ""},
		{api.CreateLink, `{"pixels":["1",2,null]}`, `{"pixels":[1,2]}`, translate.OtherType},
		{api.CreateLink, `{"deeplink":[]}`, `{}`, translate.EmptyValue},
		{api.CreateLink, `{"geotarget":{}}`, `{}`, translate.EmptyValue},
		{api.CreateLink, `{"parameters":[{"name":"a","value":3},{"device":"x"}]}`, `{"parameters":[{"name":"a","value":"3"}]}`, translate.IncompleteEntry},
		{api.CreateLink, `{"parameters":[{"name":"a","value":"b","id":7}]}`, `{"parameters":[{"name":"a","value":"b"}]}`, translate.UnknownField},
		{api.CreateLink, `{"deeplink":{"auto":true,"apple":null,"google":""}}`, `{"deeplink":{"auto":true}}`, translate.NullValue},
		{api.CreateLink, `{"deeplink":{"auto":"1","x":1}}`, `{"deeplink":{"auto":true}}`, translate.UnknownField},
		{api.UpdateLink, `{"deeplink":[]}`, `{"deeplink":{}}`, ""},
		{api.CreateLink, `{"geotarget":[null,{"location":"","link":""},{"location":"Canada","link":"x","id":1}]}`, `{"geotarget":[{"location":"Canada","link":"x"}]}`, translate.IncompleteEntry},
		{api.CreateLink, `{"geotarget":[{"location":"Canada"}]}`, `{"geotarget":[{"location":"Canada"}]}`, ""},
		{api.CreateLink, `{"devicetarget":[{"device":"iPhone","link":"x"}],"languagetarget":[7]}`, `{"devicetarget":[{"device":"iPhone","link":"x"}],"languagetarget":[7]}`, ""},
		{api.CreateLink, `{"password":""}`, `{}`, translate.EmptyValue},
		{api.UpdateLink, `{"password":"","campaign":"0"}`, `{"password":"","campaign":0}`, translate.OtherType},
		{api.UpdateLink, `{"custom":""}`, `{}`, translate.EmptyValue},
		{api.CreateLink, `{"redirectcode":"301","clicklimit":"5","forwardquery":"1","disabled":0}`, `{"redirectcode":301,"clicklimit":5,"forwardquery":true,"disabled":false}`, translate.OtherType},
		{api.CreateLink, `{"redirectcode":"","clicklimit":0,"startdate":"","expiredurl":"","externalid":"","forwardquery":""}`, `{}`, translate.EmptyValue},
		{api.CreateLink, `{"externalid":1042}`, `{"externalid":"1042"}`, translate.OtherType},
		{api.UpdateLink, `{"clicklimit":"","startdate":"","expiredurl":"","externalid":""}`, `{"clicklimit":0,"startdate":"","expiredurl":"","externalid":""}`, translate.OtherType},
		{api.UpdateLink, `{"redirectcode":0}`, `{}`, translate.EmptyValue},
		{api.CreateSplashPage, `{"name":"n","counter":"0","title":""}`, `{"name":"n","counter":0}`, translate.OtherType},
		{api.CreateSplashPage, `{"counter":""}`, `{}`, translate.EmptyValue},
		{api.UpdateSplashPage, `{"counter":0,"title":"","image":"","name":""}`, `{"counter":0,"title":"","image":""}`, translate.EmptyValue},
		{api.UpdateOverlay, `{"email":"","link":"","type":"contact"}`, `{"email":"","link":""}`, translate.UnknownField},
		{api.UpdateQRCode, `{"logo":"","name":""}`, `{"logo":""}`, translate.EmptyValue},
		{api.CreateQRCode, `{"logo":""}`, `{}`, translate.EmptyValue},
		{api.UpdateChannel, `{"description":"","color":""}`, `{"description":""}`, translate.EmptyValue},
		{api.UpdateDomain, `{"redirect_root":"","redirect_404":"https://a.example/"}`, `{"redirectroot":"","redirect404":"https://a.example/"}`, translate.Alias},
		{api.CreateDomain, `{"domain":"a.example","redirect_root":"https://a.example/","redirect_404":""}`, `{"domain":"a.example","redirectroot":"https://a.example/"}`, translate.Alias},
		{api.CreateDomain, `{"redirectroot":"https://a.example/","redirect_root":"https://b.example/"}`, `{"redirectroot":"https://a.example/"}`, translate.DuplicateField},
		{api.UpdateDomain, `{"redirectroot":"","redirect404":null}`, `{"redirectroot":""}`, translate.NullValue},
		{api.CreateLinks, `{"urls":[{"url":"x","channel":"3","custom":""},{"nonsense":1}]}`, `{"urls":[{"url":"x","channel":3},{}]}`, translate.OtherType},
		{api.CreateLinks, `{"urls":[null,1,[{"url":"x","custom":""}]]}`, `{"urls":[null,1,[{"url":"x","custom":""}]]}`, ""},
		{api.CreateLinks, `{"urls":"","links":[]}`, `{}`, translate.UnknownField},
		{api.CreateCampaign, `{"public":"1"}`, `{"public":true}`, translate.OtherType},
		{api.CreateCampaign, `{"public":0}`, `{"public":false}`, translate.OtherType},
	} {
		doc, notes, err := d.Document(c.op, []byte(c.in))
		if err != nil || string(doc) != c.want {
			t.Errorf("Document(%s, %s) = %s, %v; want %s", c.op, c.in, doc, err, c.want)
		}
		found := c.kind == ""
		for _, n := range notes {
			found = found || n.Kind == c.kind
		}
		if !found || c.kind == "" && len(notes) > 0 {
			t.Errorf("Document(%s, %s): notes %v; want %q", c.op, c.in, notes, c.kind)
		}
	}
	if _, _, err := d.Document(api.CreateLink, []byte(`[1]`)); api.AsError(err).Code != api.Invalid {
		t.Errorf("an array: %v; want Invalid", err)
	}
}

// FuzzDocument: well-formed JSON in, well-formed JSON out, no panic.
func FuzzDocument(f *testing.F) {
	d, contract := newDialect(f)
	f.Add([]byte(`{"url":"https://a.example/","parameters":[{"name":"a","value":3},1,null],"pixels":["1",[]],"deeplink":{"auto":"1"}}`))
	f.Add([]byte(`{"\u0075rl":1,"url":"x","custom":{"a":[{}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if openapi.WellFormed(body) != nil {
			return
		}
		for _, op := range contract.Operations() {
			doc, _, err := d.Document(op.ID, body)
			if err != nil || doc == nil {
				continue
			}
			if !gjson.ValidBytes(doc) || openapi.WellFormed(doc) != nil {
				t.Fatalf("%s: %q became %q", op.ID, body, doc)
			}
		}
	})
}

func BenchmarkDialect_Document(b *testing.B) {
	d, _ := newDialect(b)
	raw, err := os.ReadFile("../../testdata/operations.json")
	if err != nil {
		b.Fatal(err)
	}
	sample := gjson.GetBytes(raw, `#(operation=="createLink").samples.0.request|@ugly`).Raw
	body := []byte(strings.Replace(sample, `,{"device":"gtm_source","link":"api"}`, "", 1))
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, _, err := d.Document(api.CreateLink, body); err != nil {
			b.Fatal(err)
		}
	}
}
