package dglnk

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/dglnk"
)

// A site that complains without end is not quoted without end.
func TestComplaints(t *testing.T) {
	var complaints []string
	for i := range 10_000 {
		complaints = append(complaints, fmt.Sprintf(`"rules.0.%d":["no"],"pixels.%d":["no"]`, i, i))
	}
	fault := simulate.Fault{
		Kind: simulate.Status, Method: http.MethodPost, Status: http.StatusUnprocessableEntity,
		Body: `{"message":"The given data was invalid.","errors":{` + strings.Join(complaints, ",") + `}}`,
	}
	const document = `{"url":"https://example.com","pixels":[5],"devicetarget":[{"device":"tablet","link":"https://t.example.com"}]}`
	one, three := simulation(t, sites.Options{}, Config{}), simulation3(t, sites.Options{}, Config{})
	one.mustFail(t, fault)
	if err := three.server.Fail(fault); err != nil {
		t.Fatal(err)
	}
	_, err1 := one.create(t, document)
	_, err3 := three.Do(t.Context(), three.call(api.CreateLink, api.Path{}, "", document))
	for version, err := range map[int]error{1: err1, 3: err3} {
		if e := api.AsError(err); e.Code != api.Invalid || len(e.Fields) == 0 || len(e.Fields) > 20 {
			t.Errorf("version %d: %s with %d fields; want invalid with at most 20", version, e.Code, len(e.Fields))
		}
	}
}

// Nor is what it says of a link kept without end.
func TestAdapter_LongTitle(t *testing.T) {
	s := simulation(t, sites.Options{}, Config{})
	s.mustFail(t, simulate.Fault{
		Kind: simulate.Status, Status: http.StatusOK,
		Body: `{"status":"success","link":{"id":7,"hash":"abcde","short_url":"https://s.example/abcde","has_password":false,"disabled":false,
			"long_url":"https://example.com/` + strings.Repeat("a", 1<<20) + `","title":"` + strings.Repeat("b", 1<<20) + `"}}`,
	})
	if _, err := s.create(t, `{"url":"https://example.com/"}`); err != nil {
		t.Fatal(err)
	}
	entry, err := s.ledger.Entry(t.Context(), api.MainAccount, s.cfg.Name, 1)
	if err != nil || entry.LongURL != "https://example.com/" || entry.Title != "" {
		t.Errorf("kept a destination of %d bytes and a title of %d, %v", len(entry.LongURL), len(entry.Title), err)
	}
}
