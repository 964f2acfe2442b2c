package caddymodule_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// separator stands between a Caddyfile and what it becomes: its JSON, or the
// error text of adapting or of provisioning it.
const separator = "\n----------\n"

// TestCaddyfileAdapt holds every directive and every error against its golden
// file.
func TestCaddyfileAdapt(t *testing.T) {
	files, err := filepath.Glob("../testdata/caddyfile_adapt/*.caddyfiletest")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".caddyfiletest"), func(t *testing.T) {
			input, want, _ := strings.Cut(string(readFile(t, file)), separator)
			if formatted := caddyfile.Format([]byte(input)); string(formatted) != input+"\n" {
				t.Errorf("the Caddyfile is not formatted:\n%s", formatted)
			}
			got := adaptOrError(t, input)
			if *update {
				if err := os.WriteFile(file, []byte(input+separator+got+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.TrimSpace(want), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func adaptOrError(t *testing.T, input string) string {
	t.Helper()
	config, err := adapt(input)
	if err != nil {
		return err.Error()
	}
	var cfg caddy.Config
	if err := json.Unmarshal(config, &cfg); err != nil {
		t.Fatal(err)
	}
	if err := caddy.Validate(&cfg); err != nil {
		return fromApp(err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, config, "", "\t"); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// fromApp cuts off how Caddy came to the app, which differs from run to run:
// apps are provisioned in random order.
func fromApp(err error) string {
	s := err.Error()
	for _, mark := range []string{"provision linkquay: ", "linkquay: invalid configuration: ", "provision http.handlers.linkquay: "} {
		if i := strings.LastIndex(s, mark); i >= 0 {
			return s[i+len(mark):]
		}
	}
	return s
}
