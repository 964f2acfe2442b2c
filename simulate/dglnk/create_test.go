package dglnk

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
)

func TestCreate1_ThePage(t *testing.T) {
	c := newCaller(t, Options{Describe: func(string) (string, string) { return "Google", "Description" }})
	got := c.do("POST", createPath, `{"long_url":"https://google.com"}`, http.StatusOK)
	hash := got.Get("link.hash").String()
	if len(hash) != 5 {
		t.Errorf("the hash is %q", hash)
	}
	// What is random, and the id, are the site's own.
	raw := strings.ReplaceAll(got.Raw, hash, "oV5Ox")
	raw, err := sjson.Set(raw, "link.id", 80)
	if err != nil {
		t.Fatal(err)
	}
	wantJSON(t, gjson.Parse(raw), `{"status":"success","link":{"type":"direct","title":"Google","description":"Description",
		"hash":"oV5Ox","long_url":"https://google.com","expires_at":null,"disabled":false,"user_id":1,"domain_id":null,
		"alias":null,"has_password":false,"updated_at":"2019-08-21 13:33:17","created_at":"2019-08-21 13:33:17","id":80,
		"short_url":"https://sml.life/oV5Ox"}}`)
}

const everything = `{"long_url":"https://example.com","alias":"spring24","domain_id":12,"password":"secret","disabled":true,
	"active":false,"title":"T","name":"T","description":"D","tags":["a","b","a"],"expires_at":"2030-11-11 12:00:00",
	"pixels":[3],"rules":[{"key":"phone","value":"https://bing.com","type":"device"},
	{"key":"ru","value":"https://destination.ru","type":"geo"},{"key":100,"value":"","type":"exp_clicks"}],
	"type":"frame","image":"https://example.com/i.png","utm":"utm_source=s"}`

func TestCreate_Everything(t *testing.T) {
	domain := int64(12)
	want := Link{
		ID: 1, Type: "direct", Alias: "spring24", LongURL: "https://example.com", Title: "T", Description: "D",
		Password: "secret", Disabled: true, DomainID: &domain, Tags: []string{"a", "b"}, Pixels: []int64{3},
		Rules: []Rule{
			{"device", "phone", "https://bing.com"}, {"geo", "ru", "https://destination.ru"}, {"exp_clicks", "100", ""},
		},
		ExpiresAt: time.Date(2030, 11, 11, 12, 0, 0, 0, time.UTC), CreatedAt: noon, UpdatedAt: noon,
	}
	want3 := want
	want3.Type, want3.Image, want3.UTM, want3.LongURL = "frame", "https://example.com/i.png", "utm_source=s", "https://example.com/"
	bare := Link{
		ID: 1, Type: "direct", LongURL: "https://example.com", Title: "T", Description: "D", Disabled: true,
		CreatedAt: noon, UpdatedAt: noon,
	}
	aliased := bare
	aliased.Alias = "spring24"
	bare3 := bare
	bare3.Image, bare3.UTM, bare3.LongURL = want3.Image, want3.UTM, want3.LongURL
	other := want3
	other.Title, other.Disabled = "Example", false
	for _, c := range []struct {
		name string
		o    Options
		body string
		want Link
	}{
		{"1", Options{}, everything, want},
		{"1, a plan of nothing", Options{Plan: []string{}}, everything, bare},
		{"1, a plan of aliases", Options{Plan: []string{PlanAliases}}, everything, aliased},
		{"3", Options{APIVersion: 3}, everything, want3},
		{"3, old spelling", Options{APIVersion: 3, Spelling: SpellingOld}, everything, want3},
		{"3, a plan of nothing", Options{APIVersion: 3, Plan: []string{}}, everything, bare3},
		{"3, members of the other spelling", Options{APIVersion: 3}, drop(everything, "name", "active"), other},
		{"3, old spelling, members of the other", Options{APIVersion: 3, Spelling: SpellingOld}, drop(everything, "title", "disabled"), other},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.o.Domains, c.o.Pixels = map[int64]string{12: "links.example.com"}, map[int64]string{3: "Ads"}
			site := newCaller(t, c.o)
			var reply gjson.Result
			if c.o.APIVersion == 3 {
				reply = site.make3(c.body)
			} else {
				reply = site.make1(c.body)
			}
			got, _ := site.site.Link(1)
			c.want.Hash = got.Hash
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("the link differs (-want +got):\n%s", diff)
			}
			if reply.Get("has_password").Bool() != (c.want.Password != "") || reply.Get("password").Exists() {
				t.Errorf("the reply tells of the password: %s", reply)
			}
			short := "https://sml.life/"
			if c.want.DomainID != nil {
				short = "https://links.example.com/"
			}
			if got := reply.Get("short_url").String(); got != short+c.want.name() {
				t.Errorf("the short URL is %q", got)
			}
		})
	}
}

func drop(body string, members ...string) string {
	for _, m := range members {
		body, _ = sjson.Delete(body, m)
	}
	return body
}

func TestCreate_Refusals(t *testing.T) {
	for _, c := range []struct{ name, members, field string }{
		{"no target", `"title":"x"`, "long_url"},
		{"null target", `"long_url":null`, "long_url"},
		{"blank target", `"long_url":"  "`, "long_url"},
		{"other scheme", `"long_url":"ftp://example.com"`, "long_url"},
		{"no scheme", `"long_url":"example.com"`, "long_url"},
		{"target a number", `"long_url":5`, "long_url"},
		{"short alias", `"long_url":"https://example.com","alias":"four"`, "alias"},
		{"long alias", `"long_url":"https://example.com","alias":"elevenchars"`, "alias"},
		{"alias with a dot", `"long_url":"https://example.com","alias":"a.bcde"`, "alias"},
		{"taken alias", `"long_url":"https://example.com","alias":"taken1"`, "alias"},
		{"foreign domain", `"long_url":"https://example.com","domain_id":13`, "domain_id"},
		{"domain a word", `"long_url":"https://example.com","domain_id":"x"`, "domain_id"},
		{"no time", `"long_url":"https://example.com","expires_at":"tomorrow"`, "expires_at"},
		{"no such pixel", `"long_url":"https://example.com","pixels":[3,4]`, "pixels.1"},
		{"tag a number", `"long_url":"https://example.com","tags":["a",4]`, "tags.1"},
		{"tags a string", `"long_url":"https://example.com","tags":"a"`, "tags"},
		{"disabled a word", `"long_url":"https://example.com","disabled":"no","active":"no"`, "disabled"},
		{"rule of no type", `"long_url":"https://example.com","rules":[{"type":"language","key":"de","value":"https://example.com"}]`, "rules.0.type"},
		{"rule without key", `"long_url":"https://example.com","rules":[{"type":"geo","value":"https://example.com"}]`, "rules.0.key"},
		{"rule without value", `"long_url":"https://example.com","rules":[{"type":"geo","key":"ru"}]`, "rules.0.value"},
		{"rule to nowhere", `"long_url":"https://example.com","rules":[{"type":"exp_clicks","key":"5","value":"x"}]`, "rules.0.value"},
		{"clicks a word", `"long_url":"https://example.com","rules":[{"type":"exp_clicks","key":"x"}]`, "rules.0.key"},
		{"rule a string", `"long_url":"https://example.com","rules":["x"]`, "rules.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Domains: map[int64]string{12: "links.example.com"}, Pixels: map[int64]string{3: "Ads"}}
			site := newCaller(t, o)
			site.make1(`{"long_url":"https://example.com","alias":"taken1"}`)
			reply := site.do("POST", createPath, "{"+c.members+"}", http.StatusUnprocessableEntity)
			if reply.Get("status").String() != "error" {
				t.Errorf("the reply is %s", reply)
			}
			wantFields(t, reply.Get("messages"), c.field)

			o.APIVersion, o.Spelling = 3, SpellingOld
			site3 := newCaller(t, o)
			site3.make3(`{"long_url":"https://example.com","alias":"taken1"}`)
			wantFields(t, site3.do("POST", "/api/v1/link", "{"+c.members+"}", http.StatusUnprocessableEntity).Get("errors"), c.field)
			if len(site.site.Links()) != 1 || len(site3.site.Links()) != 1 {
				t.Error("a refused link was made")
			}
		})
	}
}

func wantFields(t *testing.T, errors gjson.Result, field string) {
	t.Helper()
	for name, messages := range errors.Map() {
		if name != field || messages.Get("0").String() == "" {
			t.Errorf("wrong is %s %s, want %s", name, messages, field)
		}
	}
	if len(errors.Map()) != 1 {
		t.Errorf("wrong is %s, want %s", errors, field)
	}
}

func TestCreate_VersionsDiffer(t *testing.T) {
	for _, c := range []struct{ name, members string }{
		{"platform", `"rules":[{"type":"platform","key":"ios","value":"https://example.com"}]`},
		{"time with a zone", `"expires_at":"2030-11-11T12:00:00Z"`},
		{"date alone", `"expires_at":"2030-11-11"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := `{"long_url":"https://example.com",` + c.members + "}"
			newCaller(t, Options{}).do("POST", createPath, body, http.StatusUnprocessableEntity)
			newCaller(t, Options{APIVersion: 3}).make3(body)
		})
	}
	t.Run("status of errors", func(t *testing.T) {
		newCaller(t, Options{ErrorStatus: 200}).do("POST", createPath, `{}`, http.StatusOK)
	})
	t.Run("overlay", func(t *testing.T) {
		c := newCaller(t, Options{APIVersion: 3})
		c.do("POST", "/api/v1/link", `{"long_url":"https://example.com","type":"overlay"}`, http.StatusUnprocessableEntity)
		c.do("POST", "/api/v1/link", `{"long_url":"https://example.com","type":"splash"}`, http.StatusUnprocessableEntity)
		if got := c.make3(`{"long_url":"https://example.com","type":"overlay","type_id":7}`); got.Get("type_id").Int() != 7 {
			t.Errorf("the overlay is %s", got)
		}
	})
}

func TestCreate_Several(t *testing.T) {
	eleven := `"https://example.com/` + strings.Join(strings.Split("abcdefghijk", ""), `","https://example.com/`) + `"`
	for _, c := range []struct {
		name, members string
		version       int
		status        int
		want          string // the targets that were shortened
	}{
		{"1 some", `"multiple_urls":["https://a.example","nonsense",5,"https://b.example","https://a.example"]`, 1, 200, "https://a.example https://b.example"},
		{"1 with an alias", `"multiple_urls":["https://a.example","https://b.example"],"alias":"spring24"`, 1, 200, "https://a.example"},
		{"1 all failed", `"multiple_urls":["nonsense"]`, 1, 200, ""},
		{"1 and one", `"multiple_urls":["https://a.example"],"long_url":"https://a.example"`, 1, 422, ""},
		{"1 none", `"multiple_urls":[]`, 1, 422, ""},
		{"1 too many", `"multiple_urls":[` + eleven + `]`, 1, 422, ""},
		{"3 some", `"long_urls":["https://a.example","nonsense","https://a.example"],"stop_on_error":false`, 3, 200, "https://a.example/"},
		{"3 stopped", `"long_urls":["https://a.example","nonsense"],"stop_on_error":true`, 3, 422, ""},
		{"3 none", `"long_urls":[]`, 3, 422, ""},
		{"3 too many", `"long_urls":[` + eleven + `]`, 3, 422, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			site := newCaller(t, Options{APIVersion: c.version})
			path := createPath
			if c.version == 3 {
				path = "/api/v1/link/batch/shorten"
			}
			reply := site.do("POST", path, "{"+c.members+"}", c.status)
			var answered, made []string
			for _, l := range reply.Get("links").Array() {
				answered = append(answered, l.Get("long_url").String())
			}
			for _, l := range site.site.Links() {
				made = append(made, l.LongURL)
			}
			if a, m := strings.Join(answered, " "), strings.Join(made, " "); a != c.want || m != c.want {
				t.Errorf("answered %q, made %q, want %q", a, m, c.want)
			}
			if reply.Get("links").IsArray() != (c.status == 200) {
				t.Errorf("the reply is %s", reply)
			}
		})
	}
}

func TestTimes_AreInTheZone(t *testing.T) {
	seoul := time.FixedZone("KST", 9*60*60)
	body := `{"long_url":"https://example.com","expires_at":"2030-11-11 12:00:00"}`
	c := newCaller(t, Options{Zone: seoul})
	got := c.make1(body)
	if got.Get("expires_at").String() != "2030-11-11 12:00:00" || got.Get("created_at").String() != "2019-08-21 22:33:17" {
		t.Errorf("the times are %s", got)
	}
	if l, _ := c.site.Link(1); !l.ExpiresAt.Equal(time.Date(2030, 11, 11, 3, 0, 0, 0, time.UTC)) {
		t.Errorf("it expires at %s", l.ExpiresAt)
	}
	iso := newCaller(t, Options{Zone: seoul, APIVersion: 3, ISOTimes: true}).make3(body)
	if iso.Get("expires_at").String() != "2030-11-11T03:00:00.000000Z" {
		t.Errorf("the times are %s", iso)
	}
}

// TestCreate_Titles: whatever host a link leads to, it gets a title.
func TestCreate_Titles(t *testing.T) {
	c := newCaller(t, Options{})
	for address, want := range map[string]string{
		"https://www.example.com/": "Example", "https://bücher.example/": "Bücher", "https://übung.example/": "Übung", "https://.example.com/": "",
	} {
		got := c.do("POST", createPath, `{"long_url":"`+address+`"}`, http.StatusOK)
		if title := got.Get("link.title").String(); title != want {
			t.Errorf("%s has the title %q; want %q", address, title, want)
		}
	}
}
