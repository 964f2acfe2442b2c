package clients_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// step is a command line that a client of an API is known to send, and what it
// is answered.
type step struct {
	name string

	// command is for a shell. {{base}} is the server's address, {{key}} the key,
	// {{name}} its name, {{token}} its signature token and {{short}} the last
	// saved value.
	command string

	status int

	// want is JSON of which the answer has every member, "*" being any value,
	// or else a regular expression of all that is answered.
	want string

	// save is the path of a member of the answer to be saved.
	save string

	// only are the backends that answer so; nil means all.
	only []string
}

// runSteps sends the steps to each backend of a server of their own, in order.
func runSteps(t *testing.T, steps []step) {
	mustFindCurl(t)
	s := mustServe(t)
	signed := slices.ContainsFunc(steps, func(s step) bool { return strings.Contains(s.command, "{{token}}") })
	for _, backend := range backends {
		t.Run(backend, func(t *testing.T) {
			token, short := "", ""
			if signed {
				token = s.token(backend)
			}
			for _, step := range steps {
				if step.only != nil && !slices.Contains(step.only, backend) {
					continue
				}
				t.Run(step.name, func(t *testing.T) {
					fill := strings.NewReplacer("{{base}}", s.base, "{{key}}", keyOf(backend), "{{name}}", backend, "{{token}}", token, "{{short}}", short).Replace
					r := runShell(t, fill(step.command))
					if r.Failure != "" || r.Status != step.status {
						t.Fatalf("%d; want %d: %+v", r.Status, step.status, r)
					}
					want := fill(step.want)
					switch {
					case !gjson.Valid(want):
						if !regexp.MustCompile("^(?s:" + want + ")$").MatchString(r.Output) {
							t.Errorf("%q; want %q", r.Output, want)
						}
					case !gjson.Valid(r.Output):
						t.Errorf("%s is no JSON", r.Output)
					default:
						for _, d := range differences("", gjson.Parse(want), gjson.Parse(r.Output)) {
							t.Errorf("%s in %s", d, r.Output)
						}
					}
					if step.save != "" {
						short = gjson.Get(r.Output, step.save).String()
					}
				})
			}
		})
	}
}
