package dglnk

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

func TestLink3_Reply(t *testing.T) {
	c := newCaller(t, Options{APIVersion: 3, Domains: map[int64]string{12: "https://links.example.com"}, Pixels: map[int64]string{3: "Ads"}})
	made := c.make3(everything)
	hash := made.Get("hash").String()
	want := `{"id":1,"user_id":1,"type":"frame","type_id":null,"hash":"` + hash + `","alias":"spring24","long_url":"https://example.com/",
		"short_url":"https://links.example.com/spring24","name":"T","active":false,"description":"D","image":"https://example.com/i.png",
		"utm":"utm_source=s","domain_id":12,"has_password":true,"expires_at":"2030-11-11 12:00:00","created_at":"2019-08-21 13:33:17",
		"updated_at":"2019-08-21 13:33:17","deleted_at":null,"clicks_count":0,"clicked_at":null,
		"rules":[{"id":100,"link_id":1,"type":"device","key":"phone","value":"https://bing.com"},
		{"id":101,"link_id":1,"type":"geo","key":"ru","value":"https://destination.ru"},
		{"id":102,"link_id":1,"type":"exp_clicks","key":"100","value":null}],
		"tags":[{"id":1,"name":"a","user_id":1,"created_at":"2019-08-21 13:33:17","updated_at":"2019-08-21 13:33:17"},
		{"id":2,"name":"b","user_id":1,"created_at":"2019-08-21 13:33:17","updated_at":"2019-08-21 13:33:17"}],
		"pixels":[{"id":3,"name":"Ads","type":"facebook","pixel_id":"1","user_id":1,"created_at":"2019-08-21 13:33:17","updated_at":"2019-08-21 13:33:17"}],
		"groups":[]}`
	wantJSON(t, made, want)
	wantJSON(t, c.do("GET", "/api/v1/link/1", "", 200), `{"status":"success","link":`+want+`}`)

	old := newCaller(t, Options{APIVersion: 3, Spelling: SpellingOld}).make3(`{"long_url":"https://example.com","title":"T","disabled":true}`)
	if old.Get("title").String() != "T" || !old.Get("disabled").Bool() || old.Get("name").Exists() || old.Get("active").Exists() {
		t.Errorf("the old spelling is %s", old)
	}
}

func TestUpdate(t *testing.T) {
	o := func() Options {
		return Options{APIVersion: 3, Domains: map[int64]string{12: "links.example.com"}, Pixels: map[int64]string{3: "Ads"}}
	}
	planless := o()
	planless.Plan = []string{PlanAliases}
	for _, c := range []struct {
		name   string
		o      Options
		body   string
		status int
		check  map[string]string // raw values in the reply, or in what is stored where it failed
	}{
		{"no target", o(), `{"alias":"autumn24"}`, 500, map[string]string{"alias": `"spring24"`}},
		{"null target", o(), `{"long_url":null}`, 500, nil},
		{"invalid", o(), `{"long_url":"x","alias":"autumn24"}`, 422, map[string]string{"alias": `"spring24"`}},
		{"the rest is reset", o(), `{"long_url":"https://new.example"}`, 200, map[string]string{
			"long_url": `"https:\/\/new.example\/"`, "alias": "null", "name": "null", "active": "true", "domain_id": "null",
			"rules": "[]", "tags": "[]", "pixels": "[]", "expires_at": "null", "type": `"direct"`, "has_password": "true",
		}},
		{"all rules are replaced", o(), `{"long_url":"https://new.example","rules":[{"type":"geo","key":"de","value":"https://de.example"}]}`, 200, map[string]string{
			"rules.#": "1", "rules.0.key": `"de"`,
		}},
		{"password cleared", o(), `{"long_url":"https://new.example","password":null}`, 200, map[string]string{"has_password": "false"}},
		{"its own alias is not taken", o(), `{"long_url":"https://new.example","alias":"spring24"}`, 200, map[string]string{"alias": `"spring24"`}},
		{"alias of another", o(), `{"long_url":"https://new.example","alias":"taken1"}`, 422, nil},
		{"the plan drops", planless, `{"long_url":"https://new.example","alias":"autumn24","password":"x","tags":["z"]}`, 200, map[string]string{
			"alias": `"autumn24"`, "has_password": "false", "tags": "[]",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			site := newCaller(t, c.o)
			site.make3(everything)
			site.make3(`{"long_url":"https://example.com","alias":"taken1"}`)
			reply := site.do("PUT", "/api/v1/link/1", c.body, c.status).Get("link")
			if c.status != http.StatusOK {
				reply = site.do("GET", "/api/v1/link/1", "", 200).Get("link")
			}
			for path, want := range c.check {
				if got := reply.Get(path).Raw; got != want {
					t.Errorf("%s is %s, want %s", path, got, want)
				}
			}
		})
	}
	t.Run("the plan keeps what is stored", func(t *testing.T) {
		site := newCaller(t, o())
		site.make3(everything)
		site.site.o.Plan = []string{}
		got := site.do("PUT", "/api/v1/link/1", `{"long_url":"https://new.example","alias":"autumn24"}`, 200).Get("link")
		if got.Get("alias").String() != "spring24" || got.Get("rules.#").Int() != 3 {
			t.Errorf("the plan changed %s", got)
		}
	})
}

func TestDelete(t *testing.T) {
	for _, c := range []struct {
		ids    string
		status int
		left   int
	}{
		{"1", 200, 2}, {"1,3", 200, 1}, {"1,9", 200, 2}, {"9", 404, 3}, {"x", 404, 3},
	} {
		t.Run(c.ids, func(t *testing.T) {
			site := newCaller(t, Options{APIVersion: 3})
			for range 3 {
				site.make3(`{"long_url":"https://example.com"}`)
			}
			reply := site.do("DELETE", "/api/v1/link/"+c.ids, "", c.status)
			if c.status == 200 {
				wantJSON(t, reply, `{"status":"success"}`)
			}
			if got := len(site.site.Links()); got != c.left {
				t.Errorf("%d links are left, want %d", got, c.left)
			}
			// Ids are given once.
			if id := site.make3(`{"long_url":"https://example.com"}`).Get("id").Int(); id != 4 {
				t.Errorf("the next id is %d", id)
			}
		})
	}
}

func TestBin(t *testing.T) {
	c := newCaller(t, Options{APIVersion: 3})
	c.make3(`{"long_url":"https://example.com","alias":"spring24"}`)
	if !c.site.Trash(1) {
		t.Fatal("there is no link to put into the bin")
	}
	for _, method := range []string{"GET", "PUT"} {
		c.do(method, "/api/v1/link/1", `{"long_url":"https://example.com"}`, 404)
	}
	row := c.do("GET", "/api/v1/link", "", 200).Get("pagination.data.0")
	if row.Get("deleted_at").String() != "2019-08-21 13:33:17" {
		t.Errorf("the list has %s", row)
	}
	c.do("POST", "/api/v1/link", `{"long_url":"https://example.com","alias":"spring24"}`, 422)
	if w := c.send("GET", "/spring24", ""); w.Code != 404 {
		t.Errorf("visits are answered %d", w.Code)
	}
	c.do("DELETE", "/api/v1/link/1", "", 200)
	c.make3(`{"long_url":"https://example.com","alias":"spring24"}`)
}

func TestList(t *testing.T) {
	now := noon
	c := newCaller(t, Options{APIVersion: 3, Now: func() time.Time { return now }})
	for i := range 5 {
		c.make3(fmt.Sprintf(`{"long_url":"https://%c.example","alias":"alias%d","name":"Name %d"}`, 'e'-i, i, i))
		now = now.Add(time.Minute)
	}
	c.send("GET", "/alias2", "")
	for _, cs := range []struct{ query, ids, rest string }{
		{"", "5 4 3 2 1", `{"current_page":1,"from":1,"to":5,"per_page":15,"last_page":1,"total":5}`},
		{"?perPage=2&page=2", "3 2", `{"current_page":2,"from":3,"to":4,"per_page":2,"last_page":3,"total":5}`},
		{"?perPage=2&page=3", "1", `{"current_page":3,"from":5,"to":5,"per_page":2,"last_page":3,"total":5}`},
		{"?perPage=2&page=9", "", `{"current_page":9,"from":null,"to":null,"per_page":2,"last_page":3,"total":5}`},
		{"?perPage=x&page=0", "5 4 3 2 1", `{"current_page":1,"from":1,"to":5,"per_page":15,"last_page":1,"total":5}`},
		{"?query=nothing", "", `{"current_page":1,"from":null,"to":null,"per_page":15,"last_page":1,"total":0}`},
		{"?query=ALIAS3", "4", ""},
		{"?query=a.example", "5", ""},
		{"?query=name+1", "2", ""},
		{"?order=created_at|asc", "1 2 3 4 5", ""},
		{"?order=long_url|asc", "5 4 3 2 1", ""},
		{"?order=clicks_count|desc", "3 5 4 2 1", ""},
		{"?order=none|asc", "5 4 3 2 1", ""},
	} {
		t.Run(cs.query, func(t *testing.T) {
			reply := c.do("GET", "/api/v1/link"+cs.query, "", 200)
			var ids []string
			for _, row := range reply.Get("pagination.data").Array() {
				ids = append(ids, row.Get("id").String())
			}
			if got := strings.Join(ids, " "); got != cs.ids {
				t.Errorf("listed %s, want %s", got, cs.ids)
			}
			if cs.rest != "" {
				wantJSON(t, gjson.Parse(drop(reply.Get("pagination").Raw, "data")), cs.rest)
			}
			if !reply.Get("pagination.data").IsArray() {
				t.Errorf("the rows are %s", reply.Get("pagination.data").Raw)
			}
		})
	}
}
