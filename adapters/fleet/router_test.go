package fleet

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// TestRouter_Create: the host of the domain decides, and the id tells.
func TestRouter_Create(t *testing.T) {
	f := newTrio(t)
	for _, c := range []struct {
		own, domain string
		want        string
		id          int64
	}{
		{"kr", "", "kr", 7},
		{"kr", "https://links.kr.example", "kr", 7},
		{"kr", "DG.example", "dg", dgBit | 7},
		{"kr", "http://dg2.example:80/", "dg", dgBit | 7},
		{"kr", "dg2.example:8080", "kr", 7},
		{"kr", "https://go.example", "native", nativeBit | 7},
		{"kr", "https://other.example", "kr", 7},
		{"kr", "https://1mm.kr", "kr", 7},
		{"native", "https://links.kr.example", "kr", krBit | 7},
		{"native", "https://go.example", "native", 7},
		{"dg", "https://go.example", "native", nativeBit | 7},
	} {
		doc, err := json.MarshalIndent(map[string]string{"url": "https://example.com", "domain": c.domain}, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range []api.Call{
			{Operation: api.CreateLink, Document: doc},
			{Operation: api.UploadFile, Query: map[string][]string{"domain": {c.domain}}},
		} {
			got, failure := f.do(t, c.own, call)
			name, sent := f.called(t)
			if failure != nil || name != c.want || gjson.Get(got, "id").Int() != c.id {
				t.Errorf("%s of %q by a key of %s: %s from %q, %v; want the id %d from %s", call.Operation, c.domain, c.own, got, name, failure, c.id, c.want)
			}
			if string(sent.Document) != string(call.Document) || sent.Key.Account != "main" {
				t.Errorf("%s of %q sent %s", call.Operation, c.domain, sent.Document)
			}
		}
	}
}

// TestRouter_ByID: an id finds its backend, and nobody else's.
func TestRouter_ByID(t *testing.T) {
	f := newTrio(t)
	for _, c := range []struct {
		own  string
		id   int64
		want string // empty: not found
		sent int64
	}{
		{"kr", 7, "kr", 7},
		{"kr", idLimit - 1, "kr", idLimit - 1},
		{"kr", krBit | 7, "kr", 7},
		{"kr", dgBit | 7, "dg", 7},
		{"kr", nativeBit | (idLimit - 1), "native", idLimit - 1},
		{"native", dgBit | 1, "dg", 1},
		{"kr", dgBit, "", 0},
		{"kr", 4<<idBits | 7, "", 0},
		{"kr", 1<<53 - 1, "", 0},
		{"kr", 1<<62 | 7, "", 0},
	} {
		for _, op := range []api.Operation{api.GetLink, api.UpdateLink, api.DeleteLink, api.GetLinkStatistics, api.DeleteFile} {
			got, failure := f.do(t, c.own, api.Call{Operation: op, Path: api.Path{ID: c.id}})
			name, sent := f.called(t)
			if c.want == "" {
				if failure == nil || failure.Code != api.NotFound || name != "" {
					t.Errorf("%s %d by a key of %s: %s from %q, %v; want not found", op, c.id, c.own, got, name, failure)
				}
				continue
			}
			if failure != nil || name != c.want || sent.Path.ID != c.sent {
				t.Errorf("%s %d by a key of %s: %d at %q, %v; want %d at %q", op, c.id, c.own, sent.Path.ID, name, failure, c.sent, c.want)
			}
		}
	}
}

// TestRouter_References: ids beside the link's own are told apart as well, and
// come back to the backend as it gave them.
func TestRouter_References(t *testing.T) {
	f := newTrio(t)
	f.dg.do = func(*api.Call) (*api.Reply, error) {
		return &api.Reply{Document: []byte(`{"error":0,"id":7,"details":{"id":7,"campaign":3,"channel":4,"channels":[4,5],"pixels":["6","x"],"type":"overlay-8","clicklimit":9},` +
			`"data":{"clicks":2,"urls":[{"id":7,"campaign":null,"channel":[{"id":4,"name":"n"}]}]}}`)}, nil
	}
	got, failure := f.do(t, "kr", api.Call{Operation: api.GetLink, Path: api.Path{ID: dgBit | 7}})
	want := fmt.Sprintf(`{"error":0,"id":%d,"details":{"id":%d,"campaign":%d,"channel":%d,"channels":[%d,%d],"pixels":[%d,"x"],"type":"overlay-%d","clicklimit":9},`+
		`"data":{"clicks":2,"urls":[{"id":%d,"campaign":null,"channel":[{"id":%d,"name":"n"}]}]}}`,
		dgBit|7, dgBit|7, dgBit|3, dgBit|4, dgBit|4, dgBit|5, dgBit|6, dgBit|8, dgBit|7, dgBit|4)
	if failure != nil {
		t.Fatal(failure)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("getLink (-want +got):\n%s", diff)
	}
	f.called(t)
	doc := fmt.Appendf(nil, `{"campaign":%d,"channel":0,"pixels":[%d],"type":"overlay-%d","metatitle":"t"}`, dgBit|3, dgBit|6, dgBit|8)
	if _, failure := f.do(t, "kr", api.Call{Operation: api.UpdateLink, Path: api.Path{ID: dgBit | 7}, Document: doc}); failure != nil {
		t.Fatal(failure)
	}
	_, sent := f.called(t)
	if got, want := string(sent.Document), `{"campaign":3,"channel":0,"pixels":[6],"type":"overlay-8","metatitle":"t"}`; got != want {
		t.Errorf("sent %s; want %s", got, want)
	}
}

// TestRouter_TooLarge: an id that would be taken for another link's is not told.
func TestRouter_TooLarge(t *testing.T) {
	f := newTrio(t)
	f.kr.do = func(*api.Call) (*api.Reply, error) {
		return &api.Reply{Document: fmt.Appendf(nil, `{"error":0,"id":%d}`, int64(idLimit))}, nil
	}
	for _, own := range []string{"kr", "native"} {
		_, failure := f.do(t, own, api.Call{Operation: api.CreateLink, Document: []byte(`{"domain":"links.kr.example"}`)})
		if failure == nil || failure.Code != api.Unavailable || !strings.Contains(failure.Message, `"kr"`) {
			t.Errorf("by a key of %s: %v; want unavailable naming the backend", own, failure)
		}
	}
}

// TestRouter_KeyRefused: the caller is not told that its key is bad where it is
// ours.
func TestRouter_KeyRefused(t *testing.T) {
	f := newTrio(t)
	f.dg.do = func(*api.Call) (*api.Reply, error) { return nil, api.Errorf(api.Unauthorized, "No.") }
	_, failure := f.do(t, "kr", api.Call{Operation: api.GetLink, Path: api.Path{ID: dgBit | 7}})
	if failure == nil || failure.Code != api.Unavailable || !strings.Contains(failure.Message, `"dg"`) {
		t.Errorf("%v; want unavailable naming the backend", failure)
	}
}

// TestRouter_OwnBackendAlone: what is no link is the own backend's.
func TestRouter_OwnBackendAlone(t *testing.T) {
	f := newTrio(t)
	for _, call := range []api.Call{
		{Operation: api.ListQRCodes},
		{Operation: api.GetCampaign, Path: api.Path{ID: dgBit | 7}},
		{Operation: api.AssignItemToChannel, Path: api.Path{ID: 3, ItemType: "qr", ItemID: 7}},
		{Operation: api.AssignLinkToCampaign, Path: api.Path{ID: 3, ItemID: krBit | 7}},
	} {
		if _, failure := f.do(t, "kr", call); failure != nil {
			t.Errorf("%s: %v", call.Operation, failure)
		}
		if name, sent := f.called(t); name != "kr" || call.Operation == api.AssignLinkToCampaign && sent.Path.ItemID != 7 {
			t.Errorf("%s went to %q with %+v", call.Operation, name, sent.Path)
		}
	}
}

func TestRouter_Capabilities(t *testing.T) {
	own := saying("")
	own.capabilities[api.CreateLink] = api.Capability{Support: api.Native, Fields: map[string]api.FieldCapability{
		"url":    {Support: api.Native},
		"domain": {Support: api.Refused, Values: map[string]api.Support{"own.example": api.Native}},
	}}
	unable := saying("")
	unable.capabilities = api.Capabilities{api.ListLinks: {Support: api.Native}}
	backends, err := New(t.Context(), Config{
		Account: "main", Native: careful{saying("")}, Domains: branded{}, Number: numbers(),
		Remotes: []Remote{{"own", own, []string{"refused.example"}}, {"kr", saying(""), []string{"links.kr.example"}}, {"unable", unable, []string{"un.example"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := backends["own"].Capabilities()
	want := map[string]api.FieldCapability{
		"url":    {Support: api.Native},
		"domain": {Support: api.Refused, Values: map[string]api.Support{"own.example": api.Native, "links.kr.example": api.Native}},
	}
	if diff := cmp.Diff(want, got[api.CreateLink].Fields); diff != "" {
		t.Errorf("fields of createLink (-want +got):\n%s", diff)
	}
	if len(own.capabilities[api.CreateLink].Fields["domain"].Values) != 1 {
		t.Error("the backend's own capabilities were changed")
	}
	var heeding []string
	for name, b := range backends {
		if _, ok := b.(adapters.Idempotent); ok {
			heeding = append(heeding, name)
		}
	}
	if !slices.Equal(heeding, []string{"native"}) {
		t.Errorf("%v heed an Idempotency-Key; want native alone, as behind it", heeding)
	}
}
