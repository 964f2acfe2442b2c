package shortener

import (
	"context"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
)

// ImportLinks takes what is free.
func (s *fakeStore) ImportLinks(_ context.Context, _ string, imports []Import) ([]Imported, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.imports++
	if s.err != nil {
		return nil, s.err
	}
	results := make([]Imported, len(imports))
	for i := range imports {
		l := imports[i].Link
		if s.refuse > 0 {
			s.refuse--
			results[i].Err = api.AsError(taken())
			continue
		}
		if err := s.insert(&l); err != nil {
			results[i].Err = api.AsError(err)
			continue
		}
		results[i].Link = &l
	}
	return results, nil
}

func TestShortener_ImportLinks(t *testing.T) {
	s, store := newShortener(t, Config{Reserved: func(alias string) bool { return alias == "api" }})
	store.refuse = 1
	imports := []Import{
		{Link: Link{URL: "https://example.com/random"}},
		{Link: Link{URL: "https://example.com/over", Alias: "over", Expires: now.Add(-time.Hour), Domain: "brand.example"}},
		{Link: Link{URL: "https://example.com", Alias: "api"}},
		{Link: Link{URL: "https://example.com", Alias: "over", Domain: "brand.example"}},
		{Link: Link{URL: "https://go.example.com/x", Alias: "circle"}},
		{Link: Link{URL: "https://example.com", Alias: "hashed", PasswordHash: "x"}},
		{Link: Link{URL: "https://example.com", Alias: "domain", Domain: "strange.example"}},
	}
	done, err := s.ImportLinks(t.Context(), "main", "go.example.com", imports)
	if err != nil || len(done) != len(imports) {
		t.Fatalf("ImportLinks() = %d results, %v", len(done), err)
	}
	// The first random alias was taken; the next one is longer.
	if l := done[0].Link; l == nil || len(l.Alias) != randomLength+1 || l.Account != "main" || l.Type != TypeDirect {
		t.Errorf("a link without an alias became %+v, %v", l, done[0].Err)
	}
	if done[1].Link == nil {
		t.Errorf("a link that is over: %v; want it taken", done[1].Err)
	}
	for i, want := range map[int]struct {
		code  api.Code
		field string
	}{
		2: {api.Conflict, "custom"}, 3: {api.Conflict, "custom"}, 4: {api.Invalid, "url"},
		5: {api.Invalid, "password"}, 6: {api.Invalid, "domain"},
	} {
		e := done[i].Err
		if e == nil || e.Code != want.code || len(e.Fields) != 1 || e.Fields[0].Field != want.field {
			t.Errorf("import %d = %v; want %s about %s", i, e, want.code, want.field)
		}
	}
	if store.imports != 2 {
		t.Errorf("the store was asked %d times; want once, and once more for the random alias", store.imports)
	}
	if imports[0].Link.Alias != "" || imports[0].Link.Account != "" {
		t.Error("what was to be imported was changed")
	}
}

func TestShortener_ImportLinksGivesUp(t *testing.T) {
	s, store := newShortener(t, Config{})
	store.refuse = 99
	done, err := s.ImportLinks(t.Context(), "main", "", []Import{{Link: Link{URL: "https://example.com"}}})
	if err != nil || done[0].Err == nil || done[0].Err.Code != api.Conflict || store.imports != aliasAttempts {
		t.Errorf("where every alias is taken: %+v, %v after %d attempts", done, err, store.imports)
	}
	store.refuse, store.err = 0, api.Errorf(api.Unavailable, "Away.")
	if _, err := s.ImportLinks(t.Context(), "main", "", []Import{{Link: Link{URL: "https://example.com"}}}); err == nil {
		t.Error("ImportLinks() without a store says nothing")
	}
}

func TestUnknownPassword(t *testing.T) {
	a, b := UnknownPassword(), UnknownPassword()
	if a == b || !IsPasswordHash(a) || IsPasswordHash("") || IsPasswordHash("secret") {
		t.Errorf("UnknownPassword() = %q and %q", a, b)
	}
	if ok, err := VerifyPassword(t.Context(), a, "secret"); ok || err != nil {
		t.Errorf("a password opens it: %v, %v", ok, err)
	}
}
