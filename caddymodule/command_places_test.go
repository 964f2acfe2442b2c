package caddymodule_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/store/storetest"
)

// TestMigrate_Sides: a side that is not there is an error, which repeats no
// password, and is not made.
func TestMigrate_Sides(t *testing.T) {
	p := newProgram(t, `{
	admin off
	linkquay {
		database sqlite data/linkquay.db
		short_domain https://go.example.com
	}
}
`)
	missing := filepath.Join(t.TempDir(), "there.db")
	for from, want := range map[string]string{
		"sqlite:" + missing:           "no such file",
		"kr":                          `there is no backend "kr"; there are: native`,
		"mysql://u:sesame@host/db":    `"mysql" is no kind of database`,
		"Postgres://u:sesame@host/db": `"Postgres" is no kind of database`,
		"postgres://u:sesame@127.0.0.1:1/db?sslmode=disable": "connection refused",
		"postgres://u:ses%ame@127.0.0.1:1/db":                "malformed",
	} {
		stdout, stderr, status := p.output("linkquay", "migrate", "plan", "--from", from, "--to", "native")
		if status == 0 || !strings.Contains(stderr, want) || strings.Contains(stdout+stderr, "sesame") || strings.Contains(stdout+stderr, "ses%ame") {
			t.Errorf("--from %s: status %d, %s%s; want %q", from, status, stdout, stderr, want)
		}
	}
	if _, err := os.Stat(missing); !os.IsNotExist(err) {
		t.Errorf("the database was made: %v", err)
	}
}

// TestMigrate_DomainFlag: a domain is kept as browsers ask for it.
func TestMigrate_DomainFlag(t *testing.T) {
	p := newProgram(t, `{
	admin off
	linkquay {
		database sqlite data/linkquay.db
		short_domain https://go.example.com
	}
}
`)
	there := "sqlite:" + filepath.Join(t.TempDir(), "there.db")
	if err := storetest.OpenPath(t, strings.TrimPrefix(there, "sqlite:")).Close(); err != nil {
		t.Fatal(err)
	}
	_, stderr, status := p.output("linkquay", "migrate", "copy", "--from", there, "--to", "native", "--domain", "Bücher.example")
	if status != 0 {
		t.Fatalf("status %d, %s", status, stderr)
	}
	stdout, _, _ := p.output("linkquay", "migrate", "status", "--json")
	if got := gjson.Get(stdout, "0.domain").Str; got != "xn--bcher-kva.example" {
		t.Errorf("the domain is %q: %s", got, stdout)
	}
}
