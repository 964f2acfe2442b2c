package dglnk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
)

// TestErrors: failures name dgLnk's fields.
func TestErrors(t *testing.T) {
	const u = `"long_url":"https://google.com",`
	for _, c := range []struct {
		name, body string
		field      string
		want       string
	}{
		{"nothing", ``, "long_url", "Please enter a valid URL."},
		{"no url", `{"long_url":"nonsense"}`, "long_url", "Please enter a valid URL."},
		{"null url", `{"long_url":null}`, "long_url", "Please enter a valid URL."},
		{"url a list", `{"long_url":["https://google.com"]}`, "long_url", "long_url must be a string."},
		{"short alias", `{` + u + `"alias":"a"}`, "alias", "Custom alias must be at least 3 characters."},
		{"alias with a dot", `{` + u + `"alias":"a.bc"}`, "alias", "alias may hold letters, digits, - and _ only."},
		{"long title", `{` + u + `"title":"` + strings.Repeat("x", 256) + `"}`, "title", "title must be at most 255 characters long."},
		{"long description", `{` + u + `"description":"` + strings.Repeat("x", 1001) + `"}`, "description", "description must be at most 1000 characters long."},
		{"password a list", `{` + u + `"password":[1]}`, "password", "password must be a string."},
		{"no time", `{` + u + `"expires_at":"tomorrow"}`, "expires_at", ""},
		{"pixel a word", `{` + u + `"pixels":[1,"x"]}`, "pixels.1", "pixels.1 must be an integer."},
		{"pixels a number", `{` + u + `"pixels":7}`, "pixels", "pixels must be an array."},
		{"domain a word", `{` + u + `"domain_id":"x"}`, "domain_id", "domain_id must be the number of a domain."},
		{"domain negative", `{` + u + `"domain_id":-1}`, "domain_id", "domain_id must be the number of a domain."},
		{"domain huge", `{` + u + `"domain_id":1e30}`, "domain_id", "domain_id must be the number of a domain."},
		{"domain a list", `{` + u + `"domain_id":[1]}`, "domain_id", "domain_id must be the number of a domain."},
		{"no such domain", `{` + u + `"domain_id":13}`, "domain_id", "Domain not found. Please try again."},
		{"disabled a word", `{` + u + `"disabled":"no"}`, "disabled", "disabled must be true or false."},
		{"active a list", `{` + u + `"active":[]}`, "active", "active must be true or false."},
		{"tags a text", `{` + u + `"tags":"a,b"}`, "tags", "tags must be an array."},
		{"tag an object", `{` + u + `"tags":["a",{}]}`, "tags.1", "tags.1 must be a string."},
		{"long tag", `{` + u + `"tags":["` + strings.Repeat("x", 256) + `"]}`, "tags.0", "tags.0 must be at most 255 characters long."},
		{"many tags", `{` + u + `"tags":[` + strings.TrimSuffix(numbered(21), ",") + `]}`, "tags", "tags must have at most 20 entries."},
		{"rules an object", `{` + u + `"rules":{"key":"ru"}}`, "rules", "rules must be an array."},
		{"rule a word", `{` + u + `"rules":["ru"]}`, "rules.0", "rules.0 must have key, value and type."},
		{"rule of no type", `{` + u + `"rules":[{"key":"ru","value":"https://a.example"}]}`, "rules.0.type", "rules.0.type must be geo, device or platform."},
		{"rule of clicks", `{` + u + `"rules":[{"key":"5","value":"https://a.example","type":"exp_clicks"}]}`, "rules.0.type", "rules.0.type must be geo, device or platform."},
		{"rule of another type", `{` + u + `"rules":[{"key":"ru","value":"https://a.example","type":{"geo":1}}]}`, "rules.0.type", "rules.0.type must be geo, device or platform."},
		{"no country", `{` + u + `"rules":[null,{"key":"zz","value":"https://a.example","type":"geo"}]}`, "rules.1.key", "rules.1.key must be the two-letter code of a country."},
		{"no device", `{` + u + `"rules":[{"key":"iPhone","value":"https://a.example","type":"device"}]}`, "rules.0.key", "rules.0.key must be phone, mobile, tablet or desktop."},
		{"rule to nowhere", `{` + u + `"rules":[{"key":"","value":"","type":"geo"},{"key":"de","value":"https://a.example","type":"geo"},{"key":"tablet","value":"x","type":"device"},{"key":"ru","value":"x","type":"geo"}]}`, "rules.3.value", "Please enter a valid URL."},
		{"rule without value", `{` + u + `"rules":[{"key":"ru","type":"geo"}]}`, "rules.0.value", "rules.0.value is required."},
		{"rule to null", `{` + u + `"rules":[{"key":"phone","type":"device","value":null}]}`, "rules.0.value", "rules.0.value must not be null."},
		{"many rules", `{` + u + `"rules":[` + strings.TrimSuffix(strings.Repeat(`{"key":"ru","type":"geo"},`, 1)+rulesTo(101), ",") + `]}`, "rules", "rules must have at most 100 entries."},
		{"both", `{` + u + `"multiple_urls":["https://a.example"]}`, "multiple_urls", "multiple_urls can't be used together with long_url."},
		{"urls a text", `{"multiple_urls":"https://a.example"}`, "multiple_urls", "multiple_urls must be an array."},
		{"many urls", `{"multiple_urls":[` + strings.TrimSuffix(numbered(1001), ",") + `]}`, "multiple_urls", "multiple_urls must have at most 1000 entries."},
		{"all urls bad", `{"multiple_urls":["",  "nonsense",7]}`, "multiple_urls.2", "multiple_urls.2 must be a string."},
		{"type overlay", `{` + u + `"type":"overlay","type_id":3}`, "type_id", "type_id is not supported."},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := played(map[api.Operation]func(*api.Call) (*api.Reply, error){
				api.ListDomains: reply(`{"error":0,"data":{"maxpage":1,"domains":[{"id":12,"domain":"https://links.example.com"}]}}`),
			})
			doc := serve(t, b, nil).post(c.body, 422)
			messages := doc.Get("messages").Map()
			if doc.Get("status").String() != "error" || len(messages[c.field].Array()) == 0 || c.want != "" && messages[c.field].Get("0").String() != c.want {
				t.Errorf("%s", doc.Raw)
			}
			if doc.Get("message").Exists() || doc.Get("errors").Exists() {
				t.Errorf("%s has more than the page", doc.Raw)
			}
			if len(b.sent(api.CreateLink)) != 0 {
				t.Error("a link was made")
			}
		})
	}
}

// TestErrorsOfBackends: every code has a status and the caller's shape.
func TestErrorsOfBackends(t *testing.T) {
	about := func(code api.Code, field, message string) *api.Error {
		return &api.Error{Code: code, Message: "x", Fields: []api.FieldError{{Field: field, Message: message}}}
	}
	taken := about(api.Conflict, "custom", "That alias is taken. Please choose another one.")
	device := about(api.Unsupported, "devicetarget[0].device", `"mobile" is not supported by the backend "b"`)
	pixel := about(api.NotFound, "pixels[1]", "Pixel not found. Please try again.")
	for _, c := range []struct {
		err    error
		status int
		want   string
	}{
		{taken, 422, `{"status":"error","messages":{"alias":["That alias is taken. Please choose another one."]}}`},
		{device, 422, `{"status":"error","messages":{"rules.1.key":["rules.1.key \"mobile\" is not supported by the backend \"b\"."]}}`},
		{pixel, 422, `{"status":"error","messages":{"pixels.1":["Pixel not found. Please try again."]}}`},
		{api.Errorf(api.NotFound, "None."), 404, `{"status":"error","message":"None.","messages":{"general":["None."]}}`},
		{&api.Error{Code: api.RateLimited, Message: "Wait.", RetryAfter: 1500 * time.Millisecond}, 429, `{"status":"error","message":"Wait.","messages":{"general":["Wait."]}}`},
		{&api.Error{Code: api.Unavailable, Message: "Down.", RetryAfter: time.Second}, 503, `{"status":"error","message":"Down.","messages":{"general":["Down."]}}`},
		{api.Errorf(api.Forbidden, "No."), 403, `{"status":"error","message":"No.","messages":{"general":["No."]}}`},
		{api.Errorf("", "detail"), 500, `{"status":"error","message":"detail","messages":{"general":["detail"]}}`},
	} {
		b := played(map[api.Operation]func(*api.Call) (*api.Reply, error){api.CreateLink: failure(c.err)})
		resp, doc := serve(t, b, nil).send("POST", create, "", `{"long_url":"https://google.com","pixels":[1,2],"rules":[{"type":"geo","key":"ru","value":"https://a.example"},{"type":"device","key":"phone","value":"https://a.example"}]}`)
		if resp.StatusCode != c.status || doc.Raw != c.want {
			t.Errorf("%v: %d %s", c.err, resp.StatusCode, doc.Raw)
		}
		if wait := api.AsError(c.err).RetryAfter; (resp.Header.Get("Retry-After") != "") != (wait > 0) {
			t.Errorf("%v: Retry-After %q", c.err, resp.Header.Get("Retry-After"))
		}
	}
}
