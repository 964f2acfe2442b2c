package clients_test

import "testing"

// TestFirstGeneration sends what clients of openmy.link and its like sent until
// about 2020: everything in the query of a GET.
func TestFirstGeneration(t *testing.T) {
	t.Parallel()
	runSteps(t, []step{
		{
			name:    "Shorten",
			command: `curl '{{base}}/api?key={{key}}&url=https%3A%2F%2Fexample.com%2Ffirst&custom=firstone'`,
			status:  200, want: `{"error":0,"short":"*"}`, save: "short",
		},
		{
			name:    "ShortenAsText",
			command: `curl --get '{{base}}/api' --data-urlencode 'key={{key}}' --data-urlencode 'url=https://example.com/text?a=1&b=2' --data format=text`,
			status:  200, want: `http://127\.0\.0\.1:\d+/\w+`,
		},
		{
			name:    "OldestSpelling",
			command: `curl '{{base}}/api/?api={{key}}&url=https://example.com/oldest'`,
			status:  200, want: `{"error":0,"short":"*"}`, save: "short",
		},
		{
			name:    "TheSameAddressAgain",
			command: `curl '{{base}}/api/?api={{key}}&url=https://example.com/oldest'`,
			status:  200, want: `{"error":0,"short":"{{short}}"}`, only: []string{native},
		},
		{
			name:    "WithPassword",
			command: `curl '{{base}}/api?key={{key}}&url=https://example.com/&pass=sesame&type=direct'`,
			status:  200, want: `{"error":0,"short":"*"}`,
		},
		{
			name:    "Unshorten",
			command: `curl --get '{{base}}/api' --data-urlencode 'short={{short}}' --data-urlencode 'key={{key}}'`,
			status:  200, want: `{"error":0,"long":"https://example.com/oldest"}`,
		},
		{
			name:    "UnshortenAsText",
			command: `curl --get '{{base}}/api' --data-urlencode 'short={{short}}' --data-urlencode 'key={{key}}' --data format=text`,
			status:  200, want: `https://example\.com/oldest`,
		},
		{
			name:    "Visit",
			command: `curl --head '{{short}}'`,
			status:  302, want: `.*\nLocation: https://example\.com/oldest\r\n.*`,
		},
		{
			name:    "Details",
			command: `curl '{{base}}/api/details?key={{key}}&alias=firstone'`,
			status:  200, want: `{"error":0,"details":{"longurl":"https://example.com/first","shorturl":"*"},"data":{"clicks":0}}`,
		},
		{
			name:    "Links",
			command: `curl '{{base}}/api/urls?key={{key}}&order=date&limit=2'`,
			status:  200, want: `{"error":0,"data":{"perpage":2,"currentpage":1,"urls":[{"id":"*","shorturl":"*"},{"id":"*"}]}}`,
		},
		{
			name:    "TakenAlias",
			command: `curl '{{base}}/api?key={{key}}&url=https://example.com/&custom=firstone'`,
			status:  200, want: `{"error":1,"msg":"*"}`,
		},
		{
			name:    "BadURL",
			command: `curl '{{base}}/api?key={{key}}&url=nonsense'`,
			status:  200, want: `{"error":1,"msg":"*"}`,
		},
		{
			name:    "BadURLAsText",
			command: `curl '{{base}}/api?key={{key}}&url=nonsense&format=text'`,
			status:  200, want: "",
		},
		{
			name:    "BadKey",
			command: `curl '{{base}}/api?key=a-key-that-opens-nothing&url=https://example.com/'`,
			status:  200, want: `{"error":1,"msg":"*"}`,
		},
		{
			name:    "ByPOST",
			command: `curl -X POST '{{base}}/api?key={{key}}&url=https://example.com/'`,
			status:  405, want: `{"error":1,"msg":"*"}`,
		},
	})
}

// TestSecondGeneration sends what clients of about 2021 send: POST alone, with
// another word before the key.
func TestSecondGeneration(t *testing.T) {
	t.Parallel()
	runSteps(t, []step{
		{
			name:    "Shorten",
			command: `curl -X POST '{{base}}/api/url/add' -H 'Authorization: Token {{key}}' -d '{"url":"https://example.com/second","custom":"secondone"}'`,
			status:  200, want: `{"error":0,"short":"*","id":"*"}`, save: "id",
		},
		{
			name:    "Statistics",
			command: `curl -X POST '{{base}}/api/url/stats' -H 'Authorization: Token {{key}}' -H 'Content-Type: application/json' -d '{"urlid":{{short}}}'`,
			status:  200, want: `{"error":0,"details":{"longurl":"https://example.com/second"},"data":{"clicks":0}}`,
		},
		{
			name:    "Links",
			command: `curl -X POST '{{base}}/api/url/get' -H 'Authorization: Token {{key}}' -H 'Content-Type: application/json' -d '{"limit":2,"page":1,"order":"date"}'`,
			status:  200, want: `{"error":0,"data":{"perpage":2,"urls":[{"id":"*","shorturl":"*"}]}}`,
		},
		{
			name:    "TakenAlias",
			command: `curl -X POST '{{base}}/api/url/add' -H 'Authorization: Token {{key}}' -d '{"url":"https://example.com/","custom":"secondone"}'`,
			status:  400, want: `{"error":1,"msg":"*"}`,
		},
		{
			name:    "Users",
			command: `curl -X POST '{{base}}/api/user/create' -H 'Authorization: Token {{key}}' -d '{"username":"somebody","password":"sesame","email":"a@example.com"}'`,
			status:  501, want: `{"error":1,"msg":"*"}`,
		},
	})
}
