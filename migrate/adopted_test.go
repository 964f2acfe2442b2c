package migrate_test

import (
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// TestCopy_adopted: links that were taken over one by one are known again, also
// where they lead elsewhere at the source by now. Those that somebody has led
// elsewhere at the target are left alone.
func TestCopy_adopted(t *testing.T) {
	s := newStand(t)
	source, _, _ := s.siteNamed(t, "kr", "https://kr.example")
	target := s.place()
	do(t, source, api.CreateDomain, api.Path{}, `{"domain":"https://brand.example"}`)
	do(t, target, api.CreateDomain, api.Path{}, `{"domain":"https://brand.example"}`)
	ids := map[string]int64{}
	for _, alias := range []string{"same", "changed", "ours"} {
		id := idOf(t, source, api.CreateLink, `{"url":"https://a.example/%s","custom":"%s","domain":"https://brand.example"}`, alias, alias)
		adopted := target.Put(t.Context(), []adapters.Record{{
			Kind: adapters.KindLink, Adopted: true,
			Document: []byte(`{"url":"https://a.example/` + alias + `","custom":"` + alias + `","domain":"brand.example"}`),
		}})[0]
		if adopted.Err != nil || !adopted.Stored.Adopted {
			t.Fatalf("adopting %s: %+v", alias, adopted)
		}
		ids[alias] = adopted.ID
		if alias != "same" {
			do(t, source, api.UpdateLink, api.Path{ID: id}, `{"url":"https://a.example/later"}`)
		}
	}
	do(t, target, api.UpdateLink, api.Path{ID: ids["changed"]}, `{"metatitle":"Ours"}`)
	do(t, target, api.UpdateLink, api.Path{ID: ids["ours"]}, `{"url":"https://ours.example/"}`)

	plan := mustPlan(t, source, target, migrate.PlanOptions{})
	if there, taken := finding(plan, migrate.FoundThere, adapters.KindLink, ""), finding(plan, migrate.FoundTaken, adapters.KindLink, "custom"); there.Count != 2 || taken.Count != 1 {
		t.Errorf("the plan finds %d there and %d taken; want 2 and 1", there.Count, taken.Count)
	}
	summary, err := newMover(t, source, target).Copy(t.Context(), migrate.CopyOptions{})
	if err != nil || summary.Failed != 1 {
		t.Errorf("the copy is %+v, %v; want one link refused", summary, err)
	}
	for alias, want := range map[string]string{"same": "https://a.example/same", "changed": "https://a.example/later", "ours": "https://ours.example/"} {
		r, err := target.Get(t.Context(), adapters.KindLink, ids[alias])
		if err != nil {
			t.Fatal(err)
		}
		if got := gjson.GetBytes(r.Document, "url").Str; got != want || r.Adopted {
			t.Errorf("%s leads to %s, adopted: %t; want %s, and a mark on none", alias, got, r.Adopted, want)
		}
	}
}
