package dglnk

import (
	"strings"
	"testing"
)

func TestObjects(t *testing.T) {
	const stamps = `"user_id":1,"created_at":"2019-08-21 13:33:17","updated_at":"2019-08-21 13:33:17"`
	for _, c := range []struct {
		path, member, body, changed string
		made, after                 string // members of the replies
		missing                     string // a field without which it is refused
	}{
		{"link-group", "group", `{"name":"A","description":"D","more":1}`, `{"name":"B"}`, `"name":"A","description":"D"`, `"name":"B","description":null`, "name"},
		{"tp", "pixel", `{"name":"A","type":"facebook","pixel_id":"77"}`, `{"name":"B","type":"ga","pixel_id":"78"}`, `"name":"A","type":"facebook","pixel_id":"77"`, `"name":"B","type":"ga","pixel_id":"78"`, "type"},
		{"custom-domain", "domain", `{"host":"a.example"}`, `{"host":"b.example"}`, `"host":"a.example"`, `"host":"b.example"`, "host"},
		{"tags", "tag", `{"name":"A"}`, `{"name":"B"}`, `"name":"A"`, `"name":"B"`, "name"},
		{"tracking-pixel", "pixel", `{"name":"A","type":"facebook","pixel_id":"77"}`, `{"name":"B","type":"ga","pixel_id":"78"}`, `"name":"A","type":"facebook","pixel_id":"77"`, `"name":"B","type":"ga","pixel_id":"78"`, "pixel_id"},
	} {
		t.Run(c.path, func(t *testing.T) {
			site := newCaller(t, Options{APIVersion: 3, TrackingPixel: true})
			path := "/api/v1/" + c.path
			object := `{"id":1,` + stamps + "," + c.made + "}"
			one := `{"status":"success","` + c.member + `":` + object + "}"
			wantJSON(t, site.do("POST", path, c.body, 200), one)
			wantJSON(t, site.do("GET", path+"/1", "", 200), one)
			wantJSON(t, site.do("GET", path+"?perPage=20", "", 200), `{"status":"success","pagination":{"current_page":1,"from":1,"to":1,
				"per_page":20,"last_page":1,"total":1,"data":[`+object+`]}}`)
			if got := site.do("GET", path+"?query=zzz", "", 200).Get("pagination.total").Int(); got != 0 {
				t.Errorf("a search for nothing found %d", got)
			}
			wantFields(t, site.do("PUT", path+"/1", drop(c.body, c.missing), 422).Get("errors"), c.missing)
			wantFields(t, site.do("POST", path, drop(c.body, c.missing), 422).Get("errors"), c.missing)
			wantJSON(t, site.do("PUT", path+"/1", c.changed, 200).Get(c.member), `{"id":1,`+stamps+","+c.after+"}")
			for _, method := range []string{"GET", "PUT", "DELETE"} {
				site.do(method, path+"/9", c.changed, 404)
			}
			wantJSON(t, site.do("DELETE", path+"/1,9", "", 200), `{"status":"success"}`)
			site.do("GET", path+"/1", "", 404)
		})
	}
	t.Run("the page's path of pixels", func(t *testing.T) {
		newCaller(t, Options{APIVersion: 3}).do("GET", "/api/v1/tracking-pixel", "", 404)
	})
	t.Run("unique", func(t *testing.T) {
		site := newCaller(t, Options{APIVersion: 3, Domains: map[int64]string{12: "a.example"}})
		wantFields(t, site.do("POST", "/api/v1/custom-domain", `{"host":"a.example"}`, 422).Get("errors"), "host")
		if id := site.do("POST", "/api/v1/custom-domain", `{"host":"b.example"}`, 200).Get("domain.id").Int(); id != 13 {
			t.Errorf("the next id is %d", id)
		}
		site.do("PUT", "/api/v1/custom-domain/12", `{"host":"a.example"}`, 200)
	})
}

func TestObjects_OnLinks(t *testing.T) {
	c := newCaller(t, Options{APIVersion: 3, Domains: map[int64]string{12: "links.example.com"}, Pixels: map[int64]string{3: "Ads"}})
	c.do("POST", "/api/v1/link-group", `{"name":"G"}`, 200)
	c.make3(everything)
	c.do("POST", "/api/v1/link-group/1/attach", `{"linkIds":[1]}`, 200)
	c.do("PUT", "/api/v1/tags/1", `{"name":"z"}`, 200)
	link := c.do("GET", "/api/v1/link/1", "", 200).Get("link")
	if link.Get("tags.#.name").Raw != `["z","b"]` || link.Get("groups.0.name").String() != "G" {
		t.Errorf("the link has %s and %s", link.Get("tags"), link.Get("groups"))
	}
	for _, path := range []string{"tags/1", "tags/2", "tp/3", "custom-domain/12", "link-group/1"} {
		c.do("DELETE", "/api/v1/"+path, "", 200)
	}
	link = c.do("GET", "/api/v1/link/1", "", 200).Get("link")
	for _, member := range []string{"tags", "pixels", "groups"} {
		if link.Get(member).Raw != "[]" {
			t.Errorf("%s is %s", member, link.Get(member))
		}
	}
	if link.Get("domain_id").Raw != "null" || link.Get("short_url").String() != "https://sml.life/spring24" {
		t.Errorf("the link still is on its domain: %s", link)
	}
}

func TestGroups(t *testing.T) {
	c := newCaller(t, Options{APIVersion: 3})
	c.do("POST", "/api/v1/link-group", `{"name":"G"}`, 200)
	for range 3 {
		c.make3(`{"long_url":"https://example.com"}`)
	}
	for _, step := range []struct {
		path, body string
		status     int
		want       string // ids of the group's links afterwards
	}{
		{"1/attach", `{"linkIds":[1,3]}`, 200, "3 1"},
		{"1/attach", `{"linkIds":[1]}`, 200, "3 1"},
		{"1/attach", `{"linkIds":[2,9]}`, 422, "3 1"},
		{"1/attach", `{}`, 422, "3 1"},
		{"9/attach", `{"linkIds":[2]}`, 404, "3 1"},
		{"1/detach", `{"linkIds":[1,2]}`, 200, "3"},
	} {
		c.do("POST", "/api/v1/link-group/"+step.path, step.body, step.status)
		var ids []string
		for _, row := range c.do("GET", "/api/v1/link-group/1/links", "", 200).Get("pagination.data").Array() {
			ids = append(ids, row.Get("id").String())
		}
		if got := strings.Join(ids, " "); got != step.want {
			t.Errorf("after %s %s the group has %s, want %s", step.path, step.body, got, step.want)
		}
	}
	c.do("GET", "/api/v1/link-group/9/links", "", 404)
}
