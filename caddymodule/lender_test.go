package caddymodule_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/caddymodule"
	"github.com/linkquay/linkquay/simulate"
)

// TestCommand_Budget: clients of a running server and commands beside it never
// send more together than the api_rate of a backend, which is the site's own
// limit here.
func TestCommand_Budget(t *testing.T) {
	remote := simulated(t, "gempixel", simulate.Options{Rate: 5, Window: time.Second})
	p := newProgram(t, fmt.Sprintf(`{
	admin 127.0.0.1:%s
	linkquay {
		database sqlite data/linkquay.db
		short_domain https://go.example.com
		rate_limit off
		%s
	}
}
http://:{{port}} {
	linkquay
}
`, freePort(t), remote.backend("there", gempixelKey, "api_rate 5 1s", "timeout 20s")))
	p.serve()
	for i := range 12 {
		p.create(gempixelKey, fmt.Sprintf(`{"url":"https://example.com/%d"}`, i))
	}
	before := len(remote.Requests())
	plan := func() {
		out, err := p.run("linkquay", "migrate", "plan", "--from", "there", "--to", "native")
		if err != nil {
			t.Errorf("plan = %v: %s", err, out)
		}
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(plan)
	}
	p.crowd(remote, 40, new(atomic.Int64), func() {})
	wg.Wait()
	reads := 0
	for _, r := range remote.Requests()[before:] {
		if strings.HasPrefix(r.Path, "/api/url/") && r.Method == "GET" {
			reads++
		}
	}
	if n := remote.OverLimit(); n > 0 || reads < 24 {
		t.Errorf("%d requests were over the site's limit, and the commands read %d links; want none, and 24 or more", n, reads)
	}

	// Without the server a command counts for itself.
	p.stop()
	time.Sleep(2 * time.Second)
	plan()
	if n := remote.OverLimit(); n > 0 {
		t.Errorf("%d requests were over the site's limit", n)
	}
}

// TestAdmin_Budget: whoever asks for what is not there, or in a way that nobody
// understands, is told so.
func TestAdmin_Budget(t *testing.T) {
	admin := freePort(t)
	remote := simulated(t, "gempixel", simulate.Options{})
	s := start(t, "{\n\tadmin 127.0.0.1:"+admin+"\n\tlinkquay {\n\t\tdatabase sqlite {{dir}}/linkquay.db\n"+
		remote.backend("there", gempixelKey, "api_rate 2 1h")+"\n\t}\n}\nhttp://127.0.0.1:{{port}} {\n\tlinkquay\n}\n")
	s.base = "http://127.0.0.1:" + admin
	for _, c := range []struct {
		method, body string
		status       int
	}{
		{"GET", ``, 405},
		{"POST", `x`, 400},
		{"POST", `{"identity":"` + strings.Repeat("x", 5000) + `"}`, 400},
		{"POST", `{}`, 404},
		{"POST", `{"identity":"0123"}`, 404},
		{"DELETE", `{"identity":"0123","loan":"x"}`, 404},
	} {
		if a := s.do(c.method, "/linkquay/budget", "", c.body); a.Status != c.status || strings.Contains(a.Body, gempixelSiteKey) {
			t.Errorf("%s %.60s: %d %s; want %d", c.method, c.body, a.Status, a.Body, c.status)
		}
	}
}

// TestLender: what an administration API says, or does not, is taken for what it
// means to a command.
func TestLender(t *testing.T) {
	var said atomic.Value
	asked := make(chan string, 10)
	hold := make(chan struct{})
	server := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked <- r.Method + " " + string(body)
		switch answer := said.Load().(string); {
		case answer == "hang" && r.Method == http.MethodPost:
			<-hold
			_, _ = io.WriteString(w, `{"loan":"late"}`)
		case strings.HasPrefix(answer, "{"):
			_, _ = io.WriteString(w, answer)
		default:
			status, _ := strconv.Atoi(answer)
			http.Error(w, `{"error":"no"}`, status)
		}
	})
	address := strings.TrimPrefix(server.URL, "http://")
	l := caddymodule.NewLender(address)
	ask := client.Ask{Identity: "0123", Line: 2 * time.Second, Hold: 3 * time.Second, Sent: 4}
	for _, c := range []struct {
		answer, loan string
		wait         time.Duration
		alone        bool
	}{
		{`{"loan":"x"}`, "x", 0, false},
		{`{"wait_seconds":1.5}`, "", 1500 * time.Millisecond, false},
		{`{"wait_seconds":1e300}`, "", time.Hour, false},
		{"503", "", time.Second, false},
		{"404", "", 0, true},
		{"403", "", 0, true},
		{"{}", "", 0, true},
		{"{", "", 0, true},
	} {
		said.Store(c.answer)
		loan, wait, err := l.Borrow(t.Context(), ask)
		if loan != c.loan || wait != c.wait || errors.Is(err, client.ErrNoLender) != c.alone || err != nil && !c.alone {
			t.Errorf("for %s Borrow = %q, %s, %v", c.answer, loan, wait, err)
		}
		if got := <-asked; got != `POST {"identity":"0123","line_seconds":2,"hold_seconds":3,"sent":4}` {
			t.Errorf("the server was asked %s", got)
		}
	}
	// Whoever does not wait any more gives back what comes after all.
	said.Store("hang")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, _, err := l.Borrow(ctx, ask); !errors.Is(err, context.Canceled) {
		t.Errorf("Borrow = %v; want canceled", err)
	}
	<-asked
	said.Store(`{"loan":""}`)
	close(hold)
	if got := <-asked; got != `DELETE {"identity":"0123","loan":"late"}` {
		t.Errorf("afterwards the server was asked %s", got)
	}
	server.Close()
	if _, _, err := l.Borrow(t.Context(), ask); !errors.Is(err, client.ErrNoLender) {
		t.Errorf("without a server Borrow = %v", err)
	}
	l.Return("0123", "x", true, time.Second)
}
