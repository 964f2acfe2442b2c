package clients_test

import "testing"

// TestYOURLS sends what the clients of YOURLS send that are no programs of
// npm's, as their settings make them: a template of ShareX, plugins, scripts.
func TestYOURLS(t *testing.T) {
	t.Parallel()
	runSteps(t, []step{
		{
			name:    "ShareX",
			command: `curl -F 'signature={{key}}' -F action=shorturl -F 'url=https://example.com/sharex?a=1&b=2' -F format=simple '{{base}}/yourls-api.php'`,
			status:  200, want: `http://127\.0\.0\.1:\d+/\w+`,
		},
		{
			name:    "ShareXWithPassword",
			command: `curl -F 'username={{name}}' -F 'password={{key}}' -F action=shorturl -F 'url=nonsense' -F format=simple '{{base}}/yourls-api.php'`,
			status:  400, want: ``,
		},
		{
			name:    "PrivateBin",
			command: `curl --http1.0 -d 'signature={{token}}&format=json&action=shorturl' --data-urlencode 'url=https://example.com/?paste#key' '{{base}}/yourls-api.php'`,
			status:  200, want: `{"status":"success","statusCode":"200","shorturl":"*","url":{"url":"https://example.com/?paste#key"}}`, save: "shorturl",
		},
		{
			name:    "N8N",
			command: `curl -X GET -H 'Content-Type: application/json' -d '{}' '{{base}}/yourls-api.php?action=expand&shorturl={{short}}&signature={{key}}&format=json'`,
			status:  200, want: `{"shorturl":"{{short}}","longurl":"https://example.com/?paste#key","statusCode":"200"}`,
		},
		{
			name:    "Plugin",
			command: `curl -d 'username={{name}}&password={{key}}&action=shorturl&format=json&source=plugin' --data-urlencode 'title=A post' --data-urlencode 'url=https://example.com/post' '{{base}}/yourls-api.php'`,
			status:  200, want: `{"status":"success","shorturl":"*"}`, save: "shorturl",
		},
		{
			name:    "PluginAgain",
			command: `curl -d 'username={{name}}&password={{key}}&action=shorturl&format=json&source=plugin' --data-urlencode 'title=A post' --data-urlencode 'url=https://example.com/post' '{{base}}/yourls-api.php'`,
			status:  400, want: `{"status":"fail","code":"error:url","shorturl":"{{short}}","url":{"keyword":"*","url":"https://example.com/post"}}`, only: []string{native},
		},
		{
			name:    "ShellInOneWord",
			command: `curl -d 'signature={{token}}&action=shorturl&format=simple&url=https://example.com/shell&keyword=shell1' '{{base}}/yourls-api.php'`,
			status:  200, want: `http://127\.0\.0\.1:\d+/shell1`,
		},
		{
			name:    "SignedByMD5",
			command: `time=$(date +%s); curl -d "timestamp=$time&signature=$(printf %s "${time}{{token}}" | md5sum | cut -d' ' -f1)&action=expand&format=json&shorturl=shell1" '{{base}}/yourls-api.php'`,
			status:  200, want: `{"keyword":"shell1","longurl":"https://example.com/shell"}`,
		},
		{
			name:    "SignedBySHA256TheOtherWayRound",
			command: `time=$(date +%s); curl "{{base}}/yourls-api.php?timestamp=$time&hash=sha256&signature=$(printf %s "{{token}}$time" | sha256sum | cut -d' ' -f1)&action=expand&format=simple&shorturl=shell1"`,
			status:  200, want: `https://example\.com/shell`,
		},
		{
			name:    "SignedTooLongAgo",
			command: `time=1500000000; curl "{{base}}/yourls-api.php?timestamp=$time&signature=$(printf %s "${time}{{token}}" | md5sum | cut -d' ' -f1)&action=version&format=json"`,
			status:  403, want: `{"message":"*","errorCode":"403"}`,
		},
		{
			name:    "SignedByTheKeyItself",
			command: `time=$(date +%s); curl "{{base}}/yourls-api.php?timestamp=$time&signature=$(printf %s "${time}{{key}}" | md5sum | cut -d' ' -f1)&action=version&format=json"`,
			status:  403, want: `{"message":"*","errorCode":"403"}`,
		},
		{
			name:    "SignedBySHA1",
			command: `time=$(date +%s); curl "{{base}}/yourls-api.php?timestamp=$time&hash=sha1&signature=$(printf %s "${time}{{token}}" | sha1sum | cut -d' ' -f1)&action=version&format=json"`,
			status:  403, want: `{"message":"*","errorCode":"403"}`,
		},
		{
			name:    "TheTokenElsewhere",
			command: `curl -H 'Authorization: Bearer {{token}}' '{{base}}/api/urls'`,
			status:  401, want: `{"error":1,"message":"*"}`,
		},
		{
			name:    "XMLByDefault",
			command: `curl '{{base}}/yourls-api.php?signature={{key}}&action=url-stats&shorturl=shell1'`,
			status:  200, want: `<\?xml.*<url>https://example\.com/shell</url>.*`,
		},
		{
			name:    "Statistics",
			command: `curl '{{base}}/yourls-api.php?signature={{key}}&action=stats&filter=last&limit=1&format=json'`,
			status:  200, want: `{"statusCode":"200","message":"success","links":{"link_1":{"shorturl":"*","url":"https://example.com/shell"}},"stats":{"total_links":4}}`,
		},
		{
			name:    "Totals",
			command: `curl '{{base}}/yourls-api.php?signature={{key}}&action=db-stats&format=json'`,
			status:  200, want: `{"statusCode":"200","db-stats":{"total_links":4,"total_clicks":0}}`,
		},
		{
			name:    "Version",
			command: `curl '{{base}}/yourls-api.php?signature={{key}}&action=version&format=json'`,
			status:  200, want: `{"version":"1.10.0"}`,
		},
		{
			name:    "TakenKeyword",
			command: `curl -d 'signature={{key}}&action=shorturl&format=json&url=https://example.com/&keyword=shell1' '{{base}}/yourls-api.php'`,
			status:  400, want: `{"status":"fail","code":"error:keyword"}`,
		},
		{
			name:    "NoURL",
			command: `curl -d 'signature={{key}}&action=shorturl&format=json' '{{base}}/yourls-api.php'`,
			status:  400, want: `{"status":"fail","code":"error:nourl"}`,
		},
		{
			name:    "LinkToOurselves",
			command: `curl -d 'signature={{key}}&action=shorturl&format=json&url={{base}}/shell1' '{{base}}/yourls-api.php'`,
			status:  400, want: `{"status":"fail","code":"error:nourl"}`, only: []string{native},
		},
		{
			name:    "JSONP",
			command: `curl '{{base}}/yourls-api.php?signature={{key}}&action=version&format=jsonp&callback=show'`,
			status:  400, want: `{"message":"*","errorCode":"400"}`,
		},
		{
			name:    "WrongPassword",
			command: `curl -d 'username={{name}}&password=wrong&action=version&format=json' '{{base}}/yourls-api.php'`,
			status:  403, want: `{"message":"Invalid username or password","errorCode":"403"}`,
		},
		{
			name:    "NoKey",
			command: `curl '{{base}}/yourls-api.php?action=version&format=json'`,
			status:  403, want: `{"message":"Please log in","errorCode":"403"}`,
		},
	})
}
