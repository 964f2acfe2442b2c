package shortener

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawTarget draws any target that there can be, and some that there cannot.
func drawTarget(t *rapid.T) Target {
	text := rapid.OneOf(rapid.Just(""), rapid.String(), rapid.StringMatching(`https://[a-z]{1,9}\.example/[a-z]{0,300}\?[a-z]=[0-9]`))
	target := Target{
		LinkID:     rapid.Int64().Draw(t, "id"),
		Kind:       rapid.SampledFrom([]Kind{KindLink, KindQR, KindFile}).Draw(t, "kind"),
		URL:        text.Draw(t, "url"),
		Code:       rapid.SampledFrom([]int{301, 302, 303, 307, 308}).Draw(t, "code"),
		Starts:     rapid.Int64().Draw(t, "starts"),
		Expires:    rapid.Int64().Draw(t, "expires"),
		ExpiredURL: text.Draw(t, "expired"),
		Limit:      rapid.Int64().Draw(t, "limit"),
		Blocked:    rapid.Bool().Draw(t, "blocked"),
		Locked:     rapid.Bool().Draw(t, "locked"),
		Previewed:  rapid.Bool().Draw(t, "previewed"),
		Forward:    rapid.Bool().Draw(t, "forward"),
		App:        rapid.Bool().Draw(t, "app"),
		Via:        rapid.SampledFrom([]Outcome{Redirect, ViaFrame, ViaSplash, ViaOverlay, ViaPixels, Download, Nowhere}).Draw(t, "via"),
	}
	for range rapid.IntRange(0, 6).Draw(t, "rules") {
		target.Rules = append(target.Rules, Rule{
			By:    rapid.SampledFrom([]RuleBy{ByLanguage, ByDevice, ByCountry}).Draw(t, "by"),
			Value: rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"en", "pt-BR", "iphone", "mobile", "KR"})).Draw(t, "value"),
			URL:   text.Draw(t, "link"),
		})
	}
	return target
}

func TestEntry_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := drawTarget(t)
		domain := rapid.StringMatching(`[a-z.]{0,253}`).Draw(t, "domain")
		alias := rapid.StringMatching(`[A-Za-z0-9_-]{3,49}`).Draw(t, "alias")
		b := appendEntry([]byte("before"), domain, alias, &target)
		size := len(b) - len("before")
		b = append(b, "behind"...)[len("before"):]
		if got := entrySize(b); got != size {
			t.Fatalf("entrySize = %d; want %d", got, size)
		}
		if !entryIs(b, domain, alias) || entryIs(b, domain, alias+"x") || entryIs(b, domain+"x", alias) {
			t.Error("the address does not come back")
		}
		if diff := cmp.Diff(target, entryTarget(b)); diff != "" {
			t.Errorf("the target does not come back (-want +got):\n%s", diff)
		}
	})
}
