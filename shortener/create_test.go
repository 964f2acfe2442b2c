package shortener

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
)

// newShortener returns a shortener on a fake store that holds the branded domain
// "brand.example" of the account "main".
func newShortener(t *testing.T, cfg Config) (*Shortener, *fakeStore) {
	store := newFakeStore()
	store.domains.put(&Domain{Account: "main", Host: "brand.example", Scheme: "http"})
	cfg.Store, cfg.Index = store, NewIndex()
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return now }
	}
	s := New(cfg)
	if err := s.Domains().Refresh(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	return s, store
}

func TestShortener_Create(t *testing.T) {
	s, _ := newShortener(t, Config{})
	const host = "go.example.com"
	l := &Link{Account: "main", URL: "https://example.com"}
	if existing, err := s.Create(t.Context(), l, "", host, Creation{}); err != nil || existing {
		t.Fatalf("Create = %v, %v", existing, err)
	}
	if l.ID == 0 || len(l.Alias) != randomLength || l.Type != TypeDirect || !l.Plain || l.PasswordHash != "" {
		t.Errorf("Create made %+v", l)
	}
	locked := &Link{Account: "main", URL: "https://example.com", Alias: "locked", Domain: "brand.example"}
	if _, err := s.Create(t.Context(), locked, "secret", host, Creation{}); err != nil {
		t.Fatal(err)
	}
	if ok, err := VerifyPassword(t.Context(), locked.PasswordHash, "secret"); err != nil || !ok || locked.Plain {
		t.Errorf("Create made %+v", locked)
	}
	again := &Link{Account: "main", URL: "https://example.com", Alias: "locked", Domain: "brand.example"}
	if _, err := s.Create(t.Context(), again, "", host, Creation{}); api.AsError(err).Code != api.Conflict {
		t.Errorf("Create with a taken alias = %v", err)
	}
}

func TestShortener_Create_Refuses(t *testing.T) {
	s, _ := newShortener(t, Config{
		Reserved: func(alias string) bool { return alias == "api" },
		Blocked: func(url string) bool {
			return url == "https://evil.example" || url == "https://shared.example/?page=evil"
		},
	})
	const ok, bad = "https://example.com", "javascript:alert(1)"
	for name, c := range map[string]struct {
		link  Link
		field string
	}{
		"URL":     {Link{URL: bad}, "url"},
		"NoURL":   {Link{}, "url"},
		"Blocked": {Link{URL: "https://evil.example"}, "url"},
		"BlockedMerged": {
			Link{URL: "https://shared.example/", Options: Options{Parameters: []Parameter{{"page", "evil"}}}}, "url",
		},
		"OwnHost":        {Link{URL: "https://go.example.com/x"}, "url"},
		"BrandedHost":    {Link{URL: "https://brand.example/x"}, "url"},
		"Geo":            {Link{URL: ok, Options: Options{Geo: []GeoRule{{"KR", ok}, {"US", bad}}}}, "geotarget[1].link"},
		"GeoBlocked":     {Link{URL: ok, Options: Options{Geo: []GeoRule{{"KR", "https://evil.example"}}}}, "geotarget[0].link"},
		"Country":        {Link{URL: ok, Options: Options{Geo: []GeoRule{{"Atlantis", ok}}}}, "geotarget[0].location"},
		"DeviceLink":     {Link{URL: ok, Options: Options{Devices: []DeviceRule{{"iPhone", bad}}}}, "devicetarget[0].link"},
		"Device":         {Link{URL: ok, Options: Options{Devices: []DeviceRule{{"toaster", ok}}}}, "devicetarget[0].device"},
		"LanguageLink":   {Link{URL: ok, Options: Options{Languages: []LanguageRule{{"en", bad}}}}, "languagetarget[0].link"},
		"Language":       {Link{URL: ok, Options: Options{Languages: []LanguageRule{{"english", ok}}}}, "languagetarget[0].language"},
		"PrivateTag":     {Link{URL: ok, Options: Options{Languages: []LanguageRule{{"x-en", ok}}}}, "languagetarget[0].language"},
		"ExpiredURL":     {Link{URL: ok, Options: Options{ExpiredURL: bad}}, "expiredurl"},
		"Apple":          {Link{URL: ok, Options: Options{DeepLink: &DeepLink{Apple: bad}}}, "deeplink.apple"},
		"Google":         {Link{URL: ok, Options: Options{DeepLink: &DeepLink{Google: bad}}}, "deeplink.google"},
		"AliasShort":     {Link{URL: ok, Alias: "ab"}, "custom"},
		"AliasReserved":  {Link{URL: ok, Alias: "api"}, "custom"},
		"ExpiryPast":     {Link{URL: ok, Expires: now}, "expiry"},
		"StartAtExpiry":  {Link{URL: ok, Expires: now.Add(time.Hour), Options: Options{Starts: now.Add(time.Hour)}}, "startdate"},
		"Code":           {Link{URL: ok, Options: Options{RedirectCode: 200}}, "redirectcode"},
		"NegativeLimit":  {Link{URL: ok, Options: Options{ClickLimit: -1}}, "clicklimit"},
		"UnknownDomain":  {Link{URL: ok, Domain: "other.example"}, "domain"},
		"SomebodysOwn":   {Link{URL: ok, Domain: "brand.example", Account: "else"}, "domain"},
		"DomainWithPort": {Link{URL: ok, Domain: "brand.example:81"}, "domain"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.link.Account == "" {
				c.link.Account = "main"
			}
			_, err := s.Create(t.Context(), &c.link, "", "go.example.com", Creation{})
			if err == nil {
				t.Fatalf("Create let %+v pass", c.link)
			}
			e := api.AsError(err)
			if len(e.Fields) != 1 || e.Fields[0].Field != c.field || e.Code != api.Invalid && e.Code != api.Conflict {
				t.Errorf("Create = %v with %+v; want field %q", err, e.Fields, c.field)
			}
		})
	}
}

// TestShortener_Create_Reuse: only what asks for nothing but a destination gets
// a link that is there already.
func TestShortener_Create_Reuse(t *testing.T) {
	s, store := newShortener(t, Config{Duplicates: true})
	create := func(l Link, password string) (Link, bool) {
		l.Account, l.URL = "main", "https://example.com"
		existing, err := s.Create(t.Context(), &l, password, "", Creation{})
		if err != nil {
			t.Fatal(err)
		}
		return l, existing
	}
	first, existing := create(Link{}, "")
	if existing {
		t.Fatal("the first link exists already")
	}
	second, existing := create(Link{Type: TypeDirect, Channels: []int64{}, Options: Options{Pixels: []int64{}}}, "")
	if !existing || second.ID != first.ID {
		t.Errorf("Create = %+v, %v; want that of %d", second, existing, first.ID)
	}
	if branded, existing := create(Link{Domain: "brand.example"}, ""); existing || !branded.Plain {
		t.Errorf("on another domain: %+v, %v", branded, existing)
	}
	for name, l := range map[string]Link{
		"Alias": {Alias: "custom"}, "Type": {Type: "frame"}, "Title": {MetaTitle: "x"}, "Public": {Public: true}, "Note": {Description: "x"},
		"Campaign": {Campaign: 1}, "Channel": {Channels: []int64{1}}, "ExternalID": {ExternalID: "x"}, "Expiry": {Expires: now.Add(1)},
		"Code": {Options: Options{RedirectCode: 301}}, "Pixel": {Options: Options{Pixels: []int64{1}}}, "DeepLink": {Options: Options{DeepLink: &DeepLink{}}},
	} {
		if got, existing := create(l, ""); existing || got.Plain || store.creation.Reuse {
			t.Errorf("%s: Create = %+v, %v", name, got, existing)
		}
	}
	if got, existing := create(Link{}, "secret"); existing || got.Plain {
		t.Errorf("with a password: Create = %+v, %v", got, existing)
	}

	// Whoever changes the link keeps it.
	updated, err := s.Update(t.Context(), "main", first.ID, "", func(l *Link) error { l.URL = "https://example.org"; return nil })
	if err != nil || updated.Plain {
		t.Errorf("Update = %+v, %v", updated, err)
	}
	s.cfg.Duplicates = false
	create(Link{}, "")
	if _, existing := create(Link{}, ""); existing {
		t.Error("links are reused though Duplicates is not set")
	}
}

func TestShortener_Create_RandomAlias(t *testing.T) {
	s, store := newShortener(t, Config{})
	var tried []string
	s.cfg.Reserved = func(alias string) bool { tried = append(tried, alias); return len(tried) < 3 }
	l := &Link{Account: "main", URL: "https://example.com"}
	if _, err := s.Create(t.Context(), l, "", "", Creation{}); err != nil || len(l.Alias) != randomLength+2 {
		t.Errorf("Create = %v with alias %q", err, l.Alias)
	}
	s.cfg.Reserved = func(string) bool { return true }
	l = &Link{Account: "main", URL: "https://example.com"}
	if _, err := s.Create(t.Context(), l, "", "", Creation{}); api.AsError(err).Code != api.Unavailable || l.Alias != "" {
		t.Errorf("Create without a free alias = %v with alias %q", err, l.Alias)
	}

	// A conflict that is not about the alias comes back as it is.
	s.cfg.Reserved = func(string) bool { return false }
	store.err = &api.Error{Code: api.Conflict, Message: "x", Fields: []api.FieldError{{Field: "externalid"}}}
	if _, err := s.Create(t.Context(), &Link{Account: "main", URL: "https://example.com"}, "", "", Creation{}); api.AsError(err).Code != api.Conflict {
		t.Errorf("Create = %v; want %v", err, store.err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Create(ctx, &Link{Account: "main", URL: "https://example.com"}, "", "", Creation{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Create with an ended context = %v", err)
	}
}

// TestShortener_Create_DomainOfAnotherProcess: a domain that another process
// registered a moment ago is found.
func TestShortener_Create_DomainOfAnotherProcess(t *testing.T) {
	s, store := newShortener(t, Config{})
	store.domains.put(&Domain{Account: "main", Host: "new.example", Scheme: "https"})
	l := &Link{Account: "main", URL: "https://example.com", Domain: "new.example"}
	if _, err := s.Create(t.Context(), l, "", "", Creation{}); err != nil {
		t.Errorf("Create = %v", err)
	}
	store.err = api.Errorf(api.Unavailable, "Away.")
	l = &Link{Account: "main", URL: "https://example.com", Domain: "newer.example"}
	if _, err := s.Create(t.Context(), l, "", "", Creation{}); api.AsError(err).Code != api.Unavailable {
		t.Errorf("Create while the database is away = %v", err)
	}
}

func TestShortener_Update(t *testing.T) {
	s, _ := newShortener(t, Config{})
	clock := now
	s.cfg.Now = func() time.Time { return clock }
	l := &Link{Account: "main", URL: "https://example.com", Alias: "abc", Expires: now.Add(time.Hour)}
	if _, err := s.Create(t.Context(), l, "", "", Creation{}); err != nil {
		t.Fatal(err)
	}
	clock = now.Add(2 * time.Hour)
	update := func(change func(l *Link)) error {
		_, err := s.Update(t.Context(), "main", l.ID, "", func(l *Link) error { change(l); return nil })
		return err
	}
	if err := update(func(l *Link) { l.Description = "ended, but not gone" }); err != nil {
		t.Errorf("an ended link cannot be edited: %v", err)
	}
	for name, c := range map[string]struct {
		change func(l *Link)
		want   string
	}{
		"Expiry":   {func(l *Link) { l.Expires = clock.Add(-time.Second) }, "The expiry date must be later than today."},
		"Alias":    {func(l *Link) { l.Alias = "x" }, "Custom alias must be at least 3 characters."},
		"URL":      {func(l *Link) { l.URL = "data:x" }, notValid},
		"Domain":   {func(l *Link) { l.Domain = "other.example" }, "Domain not found. Please try again."},
		"StartEnd": {func(l *Link) { l.Options.Starts = now.Add(2 * time.Hour) }, "startdate must be before the expiry date."},
	} {
		if got := messageOf(update(c.change)); got != c.want {
			t.Errorf("%s: Update = %q; want %q", name, got, c.want)
		}
	}
	refused := errors.New("no")
	if _, err := s.Update(t.Context(), "main", l.ID, "", func(*Link) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("Update = %v; want %v", err, refused)
	}
}

// TestShortener_VisibleAtOnce: visitors see a create, an update and a delete in
// this process as soon as they are answered.
func TestShortener_VisibleAtOnce(t *testing.T) {
	s, store := newShortener(t, Config{})
	resolve := func(alias string) (string, api.Code) {
		target, err := s.Resolve(t.Context(), "", alias)
		if err != nil {
			return "", api.AsError(err).Code
		}
		return target.URL, ""
	}
	check := func(alias, wantURL string, wantCode api.Code) {
		t.Helper()
		for range 2 { // from the store, and from memory
			if url, code := resolve(alias); url != wantURL || code != wantCode {
				t.Errorf("Resolve(%q) = %q, %q; want %q, %q", alias, url, code, wantURL, wantCode)
			}
		}
	}
	check("abc", "", api.NotFound)
	if store.reads != 1 {
		t.Errorf("an unknown alias was read %d times", store.reads)
	}
	l := &Link{Account: "main", URL: "https://one.example", Alias: "abc"}
	if _, err := s.Create(t.Context(), l, "", "", Creation{}); err != nil {
		t.Fatal(err)
	}
	check("abc", "https://one.example", "")
	check("def", "", api.NotFound)
	if _, err := s.Update(t.Context(), "main", l.ID, "", func(l *Link) error { l.URL, l.Alias = "https://two.example", "def"; return nil }); err != nil {
		t.Fatal(err)
	}
	check("def", "https://two.example", "")
	check("abc", "", api.NotFound)
	if err := s.Delete(t.Context(), "main", l.ID); err != nil {
		t.Fatal(err)
	}
	check("def", "", api.NotFound)
	if err := s.Delete(t.Context(), "main", l.ID); api.AsError(err).Code != api.NotFound {
		t.Errorf("Delete of what is gone = %v", err)
	}
	store.err = api.Errorf(api.Unavailable, "Away.")
	if _, code := resolve("other"); code != api.Unavailable {
		t.Errorf("Resolve while the database is away: %q", code)
	}
	store.err = nil
	check("other", "", api.NotFound)
}

// TestShortener_Resolve_Overtaken: a visit that read the store before a create
// or an update remembers nothing of it.
func TestShortener_Resolve_Overtaken(t *testing.T) {
	s, store := newShortener(t, Config{})
	l := &Link{Account: "main", URL: "https://one.example", Alias: "abc"}
	var once []func()
	store.afterRead = func() {
		if len(once) > 0 {
			next := once[0]
			once = once[1:]
			next()
		}
	}
	once = []func(){
		func() {
			if _, err := s.Create(t.Context(), l, "", "", Creation{}); err != nil {
				t.Error(err)
			}
		},
		func() {
			if _, err := s.Update(t.Context(), "main", l.ID, "", func(l *Link) error { l.URL = "https://two.example"; return nil }); err != nil {
				t.Error(err)
			}
		},
	}
	var got []string
	for range 3 {
		target, _ := s.Resolve(t.Context(), "", "abc")
		got = append(got, target.URL)
	}
	if want := []string{"", "https://one.example", "https://two.example"}; !slices.Equal(got, want) {
		t.Errorf("visits led to %q; want %q", got, want)
	}
}

// TestShortener_Blocklist: a redirect sees the list as it was when its target
// was read, and anew after Clear.
func TestShortener_Blocklist(t *testing.T) {
	blocked := ""
	s, _ := newShortener(t, Config{Blocked: func(url string) bool { return url == blocked }})
	l := &Link{Account: "main", URL: "https://one.example", Alias: "abc", Options: Options{Geo: []GeoRule{{"KR", "https://kr.example"}}}}
	if _, err := s.Create(t.Context(), l, "", "", Creation{}); err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"", "https://one.example", "https://kr.example", "https://other.example"} {
		blocked = url
		s.cfg.Index.Clear()
		target, err := s.Resolve(t.Context(), "", "abc")
		if want := url == "https://one.example" || url == "https://kr.example"; err != nil || target.Blocked != want {
			t.Errorf("with %q on the list: blocked %v, %v", url, target.Blocked, err)
		}
	}
}

// TestShortener_BlocklistKnowsParameters: what counts is where visitors are
// led, whichever part of that the link keeps apart.
func TestShortener_BlocklistKnowsParameters(t *testing.T) {
	blocked := ""
	s, _ := newShortener(t, Config{Blocked: func(url string) bool { return url == blocked }})
	l := &Link{Account: "main", URL: "https://one.example/", Alias: "abc", Options: Options{
		Geo: []GeoRule{{"KR", "https://kr.example/"}}, Parameters: []Parameter{{"page", "2"}},
	}}
	if _, err := s.Create(t.Context(), l, "", "", Creation{}); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]bool{
		"https://one.example/?page=2": true, "https://kr.example/?page=2": true, "https://one.example/?page=3": false,
	} {
		blocked = url
		s.cfg.Index.Clear()
		if target, err := s.Resolve(t.Context(), "", "abc"); err != nil || target.Blocked != want {
			t.Errorf("with %q on the list: blocked %v, %v", url, target.Blocked, err)
		}
	}
}

func TestShortener_ShortURL(t *testing.T) {
	s, _ := newShortener(t, Config{})
	for domain, want := range map[string]string{
		"": "https://go.example.com/abc", "brand.example": "http://brand.example/abc", "gone.example": "https://gone.example/abc",
	} {
		if got := s.ShortURL(&Link{Domain: domain, Alias: "abc"}, "https://go.example.com"); got != want {
			t.Errorf("ShortURL on %q = %q; want %q", domain, got, want)
		}
	}
}
