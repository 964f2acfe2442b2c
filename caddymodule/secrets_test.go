package caddymodule_test

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoSecretIsWritten makes every kind of failure with everything logged,
// and looks for each secret in what was logged, answered and measured.
func TestNoSecretIsWritten(t *testing.T) {
	const (
		siteKey  = "secret-site-key-0123456789"
		token    = "secret-token-0123456789"
		password = "secret-password-0123456789"
		unknown  = "secret-unknown-key-0123456789"
	)
	status := 200
	body := `{"error":0,"id":3,"shorturl":"https://1mm.kr/x"}`
	u := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
	s := start(t, fmt.Sprintf(`{
	admin off
	persist_config off
	debug
	log {
		output file {{dir}}/log
		level DEBUG
	}
	metrics
	linkquay {
		database sqlite {{dir}}/linkquay.db
		rate_limit off
		backend kr gempixel %s {
			api_key %s
		}
		backend dg dglnk %s {
			api_key %s
		}
		backend gone dglnk http://127.0.0.1:1 {
			api_key %s
		}
		key native %s
		key gem %s {
			backend kr
		}
		key dgl %s {
			backend dg
		}
		key gone %s {
			backend gone
		}
	}
}
http://127.0.0.1:{{port}} {
	log
	metrics /metrics
	linkquay
}
`, u.URL, siteKey, u.URL, token, token, nativeKey, gempixelKey, dglnkKey, otherKey))
	request := fmt.Sprintf(`{"url":"https://example.com/","password":%q}`, password)
	var answers strings.Builder
	for _, status = range []int{200, 302, 400, 401, 403, 404, 429, 500, 0} {
		for _, body = range []string{body, `{"status":"error","messages":{"password":["bad"]}}`, "<html>", ""} {
			for _, key := range []string{nativeKey, gempixelKey, dglnkKey, otherKey, unknown} {
				answers.WriteString(s.do("POST", "/api/url/add", key, request).Body)
			}
		}
	}
	for _, bad := range []string{
		fmt.Sprintf(`{"url":"https://example.com/","password":[%q]}`, password),
		fmt.Sprintf(`{"url":"https://example.com/","password":%q,"custom":"x"}`, strings.Repeat(password, 9)),
		fmt.Sprintf(`{"url":%q,"password":%q}`, password, password),
		fmt.Sprintf(`{"url":"https://example.com/","password":%q`, password),
	} {
		answers.WriteString(s.do("POST", "/api/url/add", nativeKey, bad).Body)
	}
	answers.WriteString(s.do("GET", "/api/url/1", nativeKey, "").Body)
	answers.WriteString(s.do("GET", "/api/url/1", dglnkKey, "").Body)
	metrics := s.do("GET", "/metrics", "", "").Body
	if !strings.Contains(metrics, "caddy_linkquay_request_duration_seconds_count") {
		t.Errorf("no metrics of ours in %.300s", metrics)
	}
	for where, text := range map[string]string{
		"the log":     string(readFile(t, s.dir, "log")),
		"an answer":   answers.String(),
		"the metrics": metrics,
	} {
		for name, secret := range map[string]string{
			"site key": siteKey, "token": token, "password": password, "unknown key": unknown,
			"native key": nativeKey, "gempixel key": gempixelKey, "dglnk key": dglnkKey,
		} {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s shows the %s: …%s…", where, name, text[max(0, i-200):min(len(text), i+80)])
			}
		}
	}
	for _, file := range []string{"linkquay.db", "linkquay.db-wal"} {
		if strings.Contains(string(readFile(t, filepath.Join(s.dir, file))), password) {
			t.Errorf("%s holds the password", file)
		}
	}
}
