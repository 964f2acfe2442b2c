package caddymodule_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/linkquay/linkquay/store/storetest"
)

// TestCrash_Writers kills the server in the middle of 64 writers over HTTP.
// After a restart every link that was answered is there and leads where it
// should, and no alias was given twice.
func TestCrash_Writers(t *testing.T) {
	for driver, database := range map[string]func() (directive, address string){
		"sqlite":   func() (string, string) { return "database sqlite data/linkquay.db", "" },
		"postgres": func() (string, string) { return "database postgres {env.TEST_DATABASE}", storetest.Postgres(t) },
	} {
		t.Run(driver, func(t *testing.T) {
			directive, address := database()
			p := newProgram(t, backupConfig(directive), "CONFIGURED_KEY="+nativeKey, "TEST_DATABASE="+address)
			answered := map[string]string{} // short URL to target
			ids := map[int64]string{}
			for round := range 2 {
				p.serve()
				for _, m := range writeUntilKilled(t, p, round, 300) {
					if other, twice := answered[m.short]; twice {
						t.Errorf("%s was given to %s and to %s", m.short, other, m.target)
					}
					if other, twice := ids[m.id]; twice {
						t.Errorf("id %d was given to %s and to %s", m.id, other, m.target)
					}
					answered[m.short], ids[m.id] = m.target, m.target
				}
			}
			p.serve()
			for short, target := range answered {
				if to := p.visit(strings.TrimPrefix(short, p.base)).Header.Get("Location"); to != target {
					t.Errorf("%s, which was answered, leads to %q; want %q", short, to, target)
				}
			}
			if n := p.do("GET", "/api/urls?limit=1", nativeKey, "").get("data.result").Int(); n < int64(len(answered)) || len(answered) < 600 {
				t.Errorf("%d links are listed; %d were answered", n, len(answered))
			}
		})
	}
}

// made is a create that was answered.
type made struct {
	id            int64
	short, target string
}

// writeUntilKilled has 64 writers create links, and kills the server when so
// many are answered.
func writeUntilKilled(t *testing.T, p *program, round, links int) (answered []made) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	killed := false
	var wg sync.WaitGroup
	for w := range 64 {
		wg.Go(func() {
			for i := 0; ; i++ {
				target := fmt.Sprintf("https://example.com/%d/%d/%d", round, w, i)
				custom := "" // a random one
				if i%2 == 0 {
					custom = fmt.Sprintf("own-%d-%d-%d", round, w, i)
				}
				m, status, err := create(t, client, p.base, target, custom)
				mu.Lock()
				switch {
				case err != nil && !killed:
					t.Errorf("before the end: %v", err)
				case err == nil && status != 200:
					t.Errorf("status %d", status)
				case err == nil:
					answered = append(answered, m)
				}
				if len(answered) >= links && !killed {
					killed = true
					_ = p.cmd.Process.Kill()
				}
				mu.Unlock()
				if err != nil || status != 200 {
					return
				}
			}
		})
	}
	wg.Wait()
	_ = p.cmd.Wait() // it says that it was killed
	p.cmd = nil
	return answered
}

// create makes a link, and returns what was answered to the end.
func create(t *testing.T, client *http.Client, base, target, custom string) (made, int, error) {
	body := fmt.Sprintf(`{"url":%q,"custom":%q}`, target, custom)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/url/add", strings.NewReader(body))
	if err != nil {
		return made{}, 0, err
	}
	r.Header.Set("Authorization", "Bearer "+nativeKey)
	resp, err := client.Do(r)
	if err != nil {
		return made{}, 0, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return made{}, 0, err
	}
	var reply struct {
		ID       int64
		ShortURL string
	}
	if err := json.Unmarshal(data, &reply); err != nil {
		return made{}, 0, err
	}
	return made{reply.ID, reply.ShortURL, target}, resp.StatusCode, nil
}
