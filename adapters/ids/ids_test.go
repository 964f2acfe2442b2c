package ids

import (
	"errors"
	"fmt"
	"testing"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

// numbered adds to each id a number that tells its kind.
func numbered(kind adapters.Kind, _ string, id int64) (int64, error) {
	for i, k := range append(adapters.Kinds, File) {
		if k == kind {
			return id + int64(i+1)*100, nil
		}
	}
	return 0, fmt.Errorf("the kind %q", kind)
}

// TestReply: every id in a reply is found and told by its kind, and all else
// stays. Domains are in the hundreds, pixels in the two hundreds, and so on.
func TestReply(t *testing.T) {
	for _, c := range []struct {
		op       api.Operation
		from, to string
	}{
		{api.CreateLink, `{"error":0,"id":1,"shorturl":"x/2"}`, `{"error":0,"id":701,"shorturl":"x/2"}`},
		{
			api.GetLink, `{"id":1,"details":{"id":1,"campaign":2,"channel":3,"channels":[3,"4"],"pixels":["5","x"],"type":"overlay-6","clicklimit":9},"data":{"clicks":7}}`,
			`{"id":701,"details":{"id":701,"campaign":502,"channel":603,"channels":[603,604],"pixels":[205,"x"],"type":"overlay-406","clicklimit":9},"data":{"clicks":7}}`,
		},
		{api.GetLink, `{"details":{"type":"3","campaign":{"id":2,"name":"5"},"channel":null}}`, `{"details":{"type":"303","campaign":{"id":502,"name":"5"},"channel":null}}`},
		{api.ListLinks, `{"data":{"result":1,"urls":[{"id":1,"campaign":2}]}}`, `{"data":{"result":1,"urls":[{"id":701,"campaign":502}]}}`},
		{api.CreateLinks, `{"data":{"created":1,"results":[{"error":0,"id":1},{"error":1}]}}`, `{"data":{"created":1,"results":[{"error":0,"id":701},{"error":1}]}}`},
		{api.ListCampaigns, `{"data":{"campaigns":[{"id":1,"campaign":"5"}]}}`, `{"data":{"campaigns":[{"id":501,"campaign":"5"}]}}`},
		{api.GetCampaign, `{"data":{"id":1,"domain":"7"}}`, `{"data":{"id":501,"domain":"7"}}`},
		{
			api.ListChannelItems, `{"data":{"result":3,"items":[{"type":"links","id":1},{"type":"qr","id":2},{"type":"bio","id":3}],"channel":{"id":4}}}`,
			`{"data":{"result":3,"items":[{"type":"links","id":701},{"type":"qr","id":802},{"type":"bio","id":3}],"channel":{"id":604}}}`,
		},
		{api.GetQRCode, `{"id":1,"details":{"id":1,"type":"5","data":{"id":2}}}`, `{"id":801,"details":{"id":801,"type":"5","data":{"id":2}}}`},
		{api.GetPixel, `{"data":{"id":1,"type":"2"}}`, `{"data":{"id":201,"type":"2"}}`},
		{api.ListOverlays, `{"data":{"overlay":[{"id":1}]}}`, `{"data":{"overlay":[{"id":401}]}}`},
		{api.ListFiles, `{"list":[{"id":1,"name":"2"}]}`, `{"list":[{"id":901,"name":"2"}]}`},
		{api.GetAccount, `{"data":{"id":1}}`, `{"data":{"id":1}}`},
	} {
		if got, err := Reply(c.op, []byte(c.from), numbered); string(got) != c.to || err != nil {
			t.Errorf("%s %s: %s, %v; want %s", c.op, c.from, got, err, c.to)
		}
	}
	for _, bad := range []string{`{"id":0}`, `{"id":null}`, `{"id":"x"}`, `{"data":{"urls":[1]}}`, `{"details":{"id":-1}}`} {
		if got, err := Reply(api.ListLinks, []byte(bad), numbered); !errors.Is(err, ErrNone) {
			t.Errorf("%s: %s, %v; want ErrNone", bad, got, err)
		}
	}
}

func TestDocument(t *testing.T) {
	for from, want := range map[string]string{
		`{"campaign":1,"channel":2,"pixels":[3,"x",0],"type":"overlay-4","custom":"5"}`: `{"campaign":501,"channel":602,"pixels":[203,"x",0],"type":"overlay-404","custom":"5"}`,
		`{"type":"1"}`:                        `{"type":"301"}`,
		` {"campaign":0, "type":"direct"}`:    ` {"campaign":0, "type":"direct"}`,
		`{"campaign":"1","geotarget":[1]}`:    `{"campaign":"1","geotarget":[1]}`,
		`{"url":"https://example.com/?id=1"}`: `{"url":"https://example.com/?id=1"}`,
	} {
		if got, err := Document([]byte(from), numbered); string(got) != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", from, got, err, want)
		}
	}
	refused := errors.New("no")
	for document, want := range map[string]string{`{"pixels":[1,2]}`: "pixels[0]", `{"type":"7"}`: "type", `{"channel":7}`: "channel"} {
		field := ""
		_, err := Document([]byte(document), func(_ adapters.Kind, f string, _ int64) (int64, error) { field = f; return 0, refused })
		if !errors.Is(err, refused) || field != want {
			t.Errorf("%s: %v about %q; want it about %q", document, err, field, want)
		}
	}
}

// TestShapes_All: every operation of the contract whose path has an id, or whose
// name says that it makes or lists what has one, has a shape.
func TestShapes_All(t *testing.T) {
	contract, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	none := map[api.Operation]bool{
		api.GetAccount: true, api.UpdateAccount: true, api.ListOrphanVisits: true, api.GetCapabilities: true, api.GetHealth: true,
	}
	for _, op := range contract.Operations() {
		if Kind(op.ID) == "" && !none[op.ID] {
			t.Errorf("%s has no shape", op.ID)
		}
	}
}
