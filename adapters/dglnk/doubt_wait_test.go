package dglnk

import (
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/dglnk"
)

// A create in doubt says when it can be sent again: soon where that finds out,
// else when the site can no longer be at work on it.
func TestAdapter_DoubtWait(t *testing.T) {
	for name, c := range map[string]struct {
		o    sites.Options
		want func(cfg *Config) time.Duration
	}{
		"aliases":    {sites.Options{}, func(*Config) time.Duration { return 5 * time.Second }},
		"no aliases": {sites.Options{Plan: []string{}}, (*Config).quarantine},
	} {
		t.Run(name, func(t *testing.T) {
			s := simulation(t, c.o, Config{})
			if _, err := s.create(t, `{"url":"https://example.com/first"}`); err != nil {
				t.Fatal(err)
			}
			s.fail(t, simulate.DieAfterCommit, 1)
			_, err := s.create(t, `{"url":"https://example.com/a"}`)
			if e := api.AsError(err); e.Code != api.Unavailable || e.RetryAfter != c.want(&s.cfg) {
				t.Errorf("create = %v, to be sent again after %s; want %s", err, e.RetryAfter, c.want(&s.cfg))
			}
		})
	}
}
