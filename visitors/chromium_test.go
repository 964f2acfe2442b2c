package visitors_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// chromium is a headless browser that is driven over a pipe with the Chrome
// DevTools Protocol.
type chromium struct {
	t       testing.TB
	to      io.Writer
	replies chan message
	session string
	last    int

	// events are what happened in the page, in order.
	events []message
}

type message struct {
	ID     int             `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *struct{ Message string }
}

// mustStart starts a browser with one page. It reaches this machine alone.
func mustStart(t *testing.T) *chromium {
	t.Helper()
	binary := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			binary = path
			break
		}
	}
	if binary == "" {
		const missing = "there is no Chromium on this machine: the pages are not looked at in a browser"
		if os.Getenv("LINKQUAY_REQUIRE_CHROMIUM") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	// Not t.TempDir: the browser's children may write while it is removed.
	profile, err := os.MkdirTemp("", "linkquay-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := mustPipe(t), mustPipe(t)
	ctx, cancel := context.WithCancel(t.Context())
	command := exec.CommandContext(ctx, binary, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--user-data-dir="+profile, "--remote-debugging-pipe", "about:blank")
	command.ExtraFiles = []*os.File{ours[0], theirs[1]}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = ours[0].Close(), theirs[1].Close()
	c := &chromium{t: t, to: ours[1], replies: make(chan message, 1024)}
	go c.read(theirs[0])
	t.Cleanup(func() {
		cancel()
		_ = command.Wait()
		_, _ = ours[1].Close(), theirs[0].Close()
		_ = os.RemoveAll(profile)
	})
	target := c.call("Target.createTarget", map[string]any{"url": "about:blank"})["targetId"]
	c.session = c.call("Target.attachToTarget", map[string]any{"targetId": target, "flatten": true})["sessionId"].(string)
	for _, domain := range []string{"Page.enable", "Runtime.enable", "Log.enable", "Network.enable", "Audits.enable"} {
		c.call(domain, nil)
	}
	return c
}

func mustPipe(t testing.TB) [2]*os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return [2]*os.File{r, w}
}

func (c *chromium) read(from io.Reader) {
	defer close(c.replies)
	var buffer bytes.Buffer
	chunk := make([]byte, 64<<10)
	for {
		n, err := from.Read(chunk)
		buffer.Write(chunk[:n])
		for {
			line, err := buffer.ReadBytes(0)
			if err != nil {
				buffer.Write(line)
				break
			}
			var m message
			if json.Unmarshal(line[:len(line)-1], &m) == nil {
				c.replies <- m
			}
		}
		if err != nil {
			return
		}
	}
}

var errSlow = errors.New("the browser does not answer")

// next returns what the browser says next.
func (c *chromium) next() (message, error) {
	select {
	case m, ok := <-c.replies:
		if !ok {
			return m, errors.New("the browser is gone")
		}
		if m.Method != "" {
			c.events = append(c.events, m)
		}
		return m, nil
	case <-time.After(time.Minute):
		return message{}, errSlow
	}
}

// call does something and returns its result.
func (c *chromium) call(method string, params any) map[string]any {
	c.t.Helper()
	c.last++
	request := map[string]any{"id": c.last, "method": method}
	if params != nil {
		request["params"] = params
	}
	if c.session != "" {
		request["sessionId"] = c.session
	}
	b, err := json.Marshal(request)
	if err == nil {
		_, err = c.to.Write(append(b, 0))
	}
	for err == nil {
		var m message
		if m, err = c.next(); m.ID != c.last || err != nil {
			continue
		}
		if m.Error != nil {
			c.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		result := map[string]any{}
		_ = json.Unmarshal(m.Result, &result)
		return result
	}
	c.t.Fatalf("%s: %v", method, err)
	return nil
}

// wait returns once an event of the name has come after the first n.
func (c *chromium) wait(n int, method string) {
	c.t.Helper()
	for {
		for _, e := range c.events[n:] {
			if e.Method == method {
				return
			}
		}
		n = len(c.events)
		if _, err := c.next(); err != nil {
			c.t.Fatalf("waiting for %s: %v", method, err)
		}
	}
}

// arrive returns once the browser has been led to the address. It asks the page
// nothing: one that is being left answers nobody.
func (c *chromium) arrive(address string) {
	c.t.Helper()
	for !c.happened("Page.frameNavigated", `"url":"`+address+`"`) {
		if _, err := c.next(); err != nil {
			c.t.Fatalf("waiting for %s: %v", address, err)
		}
	}
}

// open loads a page and forgets what happened before.
func (c *chromium) open(url string) {
	c.t.Helper()
	c.events = nil
	c.call("Page.navigate", map[string]any{"url": url})
	c.wait(0, "Page.loadEventFired")
}

// size makes the window so many pixels large, and dark or light.
func (c *chromium) size(width, height int, dark bool) {
	c.t.Helper()
	c.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	c.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}})
}

// language is what the browser asks for.
func (c *chromium) language(tag string) {
	c.t.Helper()
	c.call("Network.setExtraHTTPHeaders", map[string]any{"headers": map[string]string{"Accept-Language": tag}})
}

// evaluate returns the value of an expression in the page.
func (c *chromium) evaluate(expression string) any {
	c.t.Helper()
	result := c.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true})
	if e := result["exceptionDetails"]; e != nil {
		c.t.Fatalf("%s: %v", expression, e)
	}
	value, _ := result["result"].(map[string]any)
	return value["value"]
}

// happened reports whether an event of the name has come that holds the text.
func (c *chromium) happened(method, text string) bool {
	for _, e := range c.events {
		if e.Method == method && bytes.Contains(e.Params, []byte(text)) {
			return true
		}
	}
	return false
}

// violations returns what the page's policy or its scripts stumbled over.
func (c *chromium) violations() []string {
	var found []string
	for _, e := range c.events {
		switch e.Method {
		case "Audits.issueAdded":
			if bytes.Contains(e.Params, []byte("ContentSecurityPolicyIssue")) {
				found = append(found, string(e.Params))
			}
		case "Runtime.exceptionThrown":
			found = append(found, string(e.Params))
		}
	}
	return found
}

// picture keeps a screenshot where LINKQUAY_SCREENSHOTS names a folder, for
// people to look at.
func (c *chromium) picture(name string) {
	c.t.Helper()
	data, err := base64.StdEncoding.DecodeString(fmt.Sprint(c.call("Page.captureScreenshot", map[string]any{"format": "png"})["data"]))
	if err != nil || len(data) < 1000 {
		c.t.Fatalf("screenshot of %s: %d bytes, %v", name, len(data), err)
	}
	if dir := os.Getenv("LINKQUAY_SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), data, 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
}
