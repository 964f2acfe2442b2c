package migrate_test

import (
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	gempixelsite "github.com/linkquay/linkquay/simulate/gempixel"
)

// TestCopy_unicodeDomain: sites write a domain as people do, Linkquay as browsers
// ask for it; it is one domain.
func TestCopy_unicodeDomain(t *testing.T) {
	const ascii = "xn--bcher-kva.example"
	s := newStand(t)
	source, _, _ := s.gempixel(t, gempixelsite.Options{ShortDomain: "https://short.example"})
	target := s.place()
	do(t, source, api.CreateDomain, api.Path{}, `{"domain":"https://bücher.example"}`)
	id := idOf(t, source, api.CreateLink, `{"url":"https://example.com/1","custom":"spring","domain":"https://bücher.example"}`)
	for _, domain := range []string{"bücher.example", "BÜCHER.example", ascii} {
		r := &adapters.Record{Kind: adapters.KindLink, Document: []byte(`{"custom":"spring","domain":"` + domain + `"}`)}
		source.Domains = []string{domain}
		if found, err := source.Get(t.Context(), adapters.KindLink, id); err != nil || gjson.GetBytes(found.Document, "domain").Str != ascii {
			t.Errorf("with the domain %s the link is %+v, %v", domain, found, err)
		}
		source.Domains = nil
		if a := (migrate.Alias{ShortURL: "https://" + domain + "/spring"}); a.ID() != (migrate.Alias{ShortURL: "https://" + ascii + "/spring"}).ID() {
			t.Errorf("the alias on %s is another one", r.Document)
		}
	}
	if p := mustPlan(t, source, target, migrate.PlanOptions{}); p.Addresses != (migrate.AddressReport{Kept: 1}) {
		t.Errorf("the plan keeps %+v", p.Addresses)
	}
	summary, err := newMover(t, source, target).Copy(t.Context(), migrate.CopyOptions{})
	if err != nil || summary.Failed != 0 {
		t.Fatalf("the copy is %+v, %v", summary, err)
	}
	found, err := target.Find(t.Context(), &adapters.Record{Kind: adapters.KindLink, Document: []byte(`{"custom":"spring","domain":"` + ascii + `"}`)})
	if err != nil || found.ShortURL != "https://"+ascii+"/spring" {
		t.Errorf("the link is at %+v, %v", found, err)
	}
}
