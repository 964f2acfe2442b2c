package clients_test

import (
	"testing"

	"github.com/tidwall/gjson"
)

// TestDgLnkSample runs the sample of dgLnk's page, in the form that it is
// printed in, with what the page says of its parameters.
func TestDgLnkSample(t *testing.T) {
	t.Parallel()
	php := mustDrive(t, t.TempDir(), mustFindPHP(t), "driver.php")
	s := mustServe(t)
	for _, backend := range backends {
		t.Run(backend, func(t *testing.T) {
			for _, c := range []struct{ name, params, want string }{
				{
					name:   "AsPrinted",
					params: `['long_url' => 'https://destination.com']`,
					want: `{"status":"success","link":{"type":"direct","hash":"*","long_url":"*","expires_at":null,"disabled":false,
						"domain_id":null,"alias":null,"has_password":false,"updated_at":"*","created_at":"*","id":"*","short_url":"*"}}`,
				},
				{
					name: "EveryParameterOfOneLink",
					params: `[
						'alias' => 'summer', 'long_url' => 'https://destination.com/summer', 'password' => 'sesame', 'disabled' => false,
						'title' => 'Summer', 'description' => 'A note', 'expires_at' => '2099-08-23 13:24:00', 'tags' => [], 'pixels' => [],
						'rules' => [['key' => 'ca', 'value' => 'https://destination.ca', 'type' => 'geo']],
					]`,
					want: `{"status":"success","link":{"long_url":"https://destination.com/summer","alias":"summer","has_password":true,"title":"Summer",
						"expires_at":"2099-08-23 13:24:00","short_url":"*"}}`,
				},
				{
					name:   "SeveralLinks",
					params: `['multiple_urls' => ['https://destination.com/a', 'https://destination.com/b']]`,
					want:   `{"status":"success","links":[{"long_url":"https://destination.com/a","short_url":"*"},{"long_url":"https://destination.com/b","short_url":"*"}]}`,
				},
				{
					name:   "SeveralOfWhichOneFails",
					params: `['multiple_urls' => ['https://destination.com/c', 'nonsense']]`,
					want:   `{"status":"success","links":[{"long_url":"https://destination.com/c"}],"errors":{"multiple_urls.1":["*"]}}`,
				},
				{
					name:   "InvalidURL",
					params: `['long_url' => 'nonsense']`,
					want:   `{"status":"error","messages":{"long_url":["*"]}}`,
				},
				{
					name:   "TakenAlias",
					params: `['long_url' => 'https://destination.com', 'alias' => 'summer']`,
					want:   `{"status":"error","messages":{"alias":["*"]}}`,
				},
			} {
				t.Run(c.name, func(t *testing.T) {
					r := php.run(t, mustFill(t, "dglnk.php.tmpl", struct{ URL, Params string }{
						URL: s.base + "/api/links/create?api_token=" + keyOf(backend), Params: c.params,
					}))
					if r.Failure != "" {
						t.Fatalf("%+v", r)
					}
					for _, d := range differences("", gjson.Parse(c.want), gjson.ParseBytes(r.Response)) {
						t.Errorf("%s in %d %s", d, r.Status, r.Response)
					}
				})
			}
		})
	}
}

// TestDgLnkNewer sends the same request as clients of the newer API do.
func TestDgLnkNewer(t *testing.T) {
	t.Parallel()
	runSteps(t, []step{
		{
			name: "Create",
			command: `curl -X POST '{{base}}/api/v1/link' -H 'Authorization: Bearer {{key}}' -H 'Accept: application/json' -H 'Content-Type: application/json' ` +
				`-d '{"long_url":"https://example.com/newer","alias":"newer1","name":"Newer","active":true}'`,
			status: 200, want: `{"status":"success","link":{"long_url":"https://example.com/newer","alias":"newer1","short_url":"*"}}`,
		},
		{
			name: "TakenAlias",
			command: `curl -X POST '{{base}}/api/v1/link' -H 'Authorization: Bearer {{key}}' -H 'Accept: application/json' -H 'Content-Type: application/json' ` +
				`-d '{"long_url":"https://example.com/","alias":"newer1"}'`,
			status: 422, want: `{"message":"*","errors":{"alias":["*"]}}`,
		},
		{
			name: "Groups",
			command: `curl -X POST '{{base}}/api/v1/link' -H 'Authorization: Bearer {{key}}' -H 'Accept: application/json' -H 'Content-Type: application/json' ` +
				`-d '{"long_url":"https://example.com/","groups":[1]}'`,
			status: 422, want: `{"message":"*","errors":{"groups":["*"]}}`,
		},
		{
			name: "NoKey",
			command: `curl -X POST '{{base}}/api/v1/link' -H 'Accept: application/json' -H 'Content-Type: application/json' ` +
				`-d '{"long_url":"https://example.com/"}'`,
			status: 401, want: `{"message":"*"}`,
		},
	})
}
