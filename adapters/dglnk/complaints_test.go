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
