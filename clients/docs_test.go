package clients_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// page is docs/clients.md.
func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPage_Dialects: the page names each dialect that there is.
func TestPage_Dialects(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	modules, err := exec.CommandContext(t.Context(), path, "list-modules", "--skip-standard").Output()
	if err != nil {
		t.Fatal(err)
	}
	names := func(expression, text string) (found []string) {
		for _, m := range regexp.MustCompile(expression).FindAllStringSubmatch(text, -1) {
			found = append(found, m[1])
		}
		slices.Sort(found)
		return found
	}
	got, want := names("(?m)^\\| `dialect (\\w+)` ", page(t)), names(`(?m)^linkquay\.dialects\.(\w+)$`, string(modules))
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("the page names %v; there are %v", got, want)
	}
}

// TestPage_Addresses: there is something at each address of the page.
func TestPage_Addresses(t *testing.T) {
	t.Parallel()
	s := mustServe(t)
	addresses := regexp.MustCompile(`https://YOUR-HOST(/[\w./-]+)`).FindAllStringSubmatch(page(t), -1)
	if len(addresses) < 8 {
		t.Fatalf("%d addresses were found", len(addresses))
	}
	for _, m := range append(addresses, []string{"", "/api/nothing"}) {
		resp, err := http.Post(s.base+m[1]+"?key=none&api_token="+keyOf(native), "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got, want := resp.StatusCode == http.StatusNotFound, m[1] == "/api/nothing"; got != want {
			t.Errorf("POST %s: %d", m[1], resp.StatusCode)
		}
	}
}

// TestPage_CommandLines runs the page's command lines.
func TestPage_CommandLines(t *testing.T) {
	t.Parallel()
	mustFindCurl(t)
	s := mustServe(t)
	ran := 0
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(page(t), -1) {
		for line := range strings.Lines(m[1]) {
			ran++
			r := runShell(t, strings.NewReplacer("https://YOUR-HOST", s.base, "YOUR-KEY", keyOf(native)).Replace(line))
			if r.Failure != "" || r.Status != http.StatusOK || !json.Valid([]byte(r.Output)) || !strings.Contains(r.Output, s.base) {
				t.Errorf("%s%+v", line, r)
			}
		}
	}
	if ran != 4 {
		t.Errorf("%d command lines were run; want 4", ran)
	}
}
