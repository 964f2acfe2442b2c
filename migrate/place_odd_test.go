package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// odd is a backend that answers as a test says.
type odd func(call *api.Call) (*api.Reply, error)

func (o odd) Do(_ context.Context, call *api.Call) (*api.Reply, error) { return o(call) }

func (odd) Capabilities() api.Capabilities {
	fields := map[string]api.FieldCapability{}
	for _, name := range []string{"campaign", "channel", "pixels"} {
		fields[name] = api.FieldCapability{Support: api.Native}
	}
	return api.Capabilities{
		api.ListLinks:   {Support: api.Native, Query: map[string]api.FieldCapability{"q": {Support: api.Native}}},
		api.GetLink:     {Support: api.Native},
		api.CreateLink:  {Support: api.Native, Fields: fields},
		api.ListDomains: {Support: api.Native},
	}
}

// answers returns a place whose links have these rows and details.
func answers(rows, details string, header http.Header) *migrate.Place {
	return &migrate.Place{Name: "odd", Account: api.MainAccount, Origin: "https://short.example", Backend: odd(func(call *api.Call) (*api.Reply, error) {
		document := `{"error":0,"data":{"result":0,"maxpage":0,"domains":[]}}`
		switch call.Operation {
		case api.GetLink:
			document = fmt.Sprintf(`{"error":0,"id":1,"details":%s,"data":{"clicks":3,"uniqueClicks":2}}`, details)
		case api.ListLinks:
			if call.Query.Get("limit") == "1000" {
				return nil, api.InvalidField("limit", "must be at most 100")
			}
			document = fmt.Sprintf(`{"error":0,"data":{"result":2,"perpage":100,"currentpage":1,"maxpage":1,"urls":%s}}`, rows)
		}
		return &api.Reply{Document: []byte(document), Header: header}, nil
	})}
}

func TestPlace_List_oddRows(t *testing.T) {
	p := answers(`[{"id":1,"shorturl":"nonsense","longurl":"https://example.com/1"},{"id":2,"shorturl":"https://short.example/two","longurl":"https://example.com/2"}]`, "{}", nil)
	page, err := p.List(t.Context(), adapters.KindLink, 0)
	if err != nil || len(page.Records) != 2 || string(page.Records[1].Document) != `{"url":"https://example.com/2","custom":"two"}` {
		t.Errorf("List = %+v, %v; want both links", page, err)
	}
}

func TestPlace_Get_oddRows(t *testing.T) {
	const details = `{"id":1,"shorturl":"https://short.example/one","longurl":"https://example.com/1","date":"2024-01-02 03:04:05"}`
	for rows, want := range map[string]struct {
		channels []int64
		untold   []string
	}{
		`[{"id":1,"campaign":null,"channel":[]}]`:          {nil, []string{"pixels"}},
		`[{"id":1,"campaign":4,"channel":[{"id":9},"7"]}]`: {[]int64{7, 9}, []string{"pixels"}},
		`[{"id":1,"campaign":null,"channel":["Print"]}]`:   {nil, []string{"pixels", "channel"}},
		`[{"id":1}]`:                            {nil, []string{"pixels", "campaign", "channel"}},
		`[{"id":2,"campaign":4,"channel":[1]}]`: {nil, []string{"pixels", "campaign", "channel"}},
	} {
		r, err := answers(rows, details, nil).Get(t.Context(), adapters.KindLink, 1)
		if err != nil || !slices.Equal(r.Channels, want.channels) || !slices.Equal(r.Untold, want.untold) || r.Clicks != 3 || r.UniqueClicks != 2 {
			t.Errorf("Get with the row %s = %+v, %v; want %+v", rows, r, err, want)
		}
	}
}

func TestPlace_Get_refuses(t *testing.T) {
	_, err := answers("[]", `{"id":1,"shorturl":"nonsense","longurl":"https://example.com/1"}`, nil).Get(t.Context(), adapters.KindLink, 1)
	if api.AsError(err).Code != api.Invalid {
		t.Errorf("Get of a link without an address = %v; want Invalid", err)
	}
	old := http.Header{"Age": {"30"}}
	_, err = answers("[]", `{"id":1,"shorturl":"https://short.example/one"}`, old).Get(t.Context(), adapters.KindLink, 1)
	if e := api.AsError(err); e.Code != api.RateLimited || e.RetryAfter == 0 {
		t.Errorf("Get of what was true once = %v; want RateLimited", err)
	}
}

func TestPlace_Get_ends(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := answers("[]", `{"id":1,"shorturl":"https://other.example/one","longurl":"https://example.com/1"}`, nil)
	inner := p.Backend.(odd)
	p.Backend = odd(func(call *api.Call) (*api.Reply, error) {
		if call.Operation == api.ListDomains {
			cancel()
			return nil, ctx.Err()
		}
		return inner(call)
	})
	if _, err := p.Get(ctx, adapters.KindLink, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Get = %v; want that it was cancelled", err)
	}
}
