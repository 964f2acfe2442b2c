package clicks

import (
	"context"
	"net/netip"
	"strings"
)

const secondsPerDay = 24 * 60 * 60

// classifier turns visits into records. It is for one goroutine.
type classifier struct {
	store   Store
	country func(netip.Addr) string

	agents    *cache[agent]
	referrers *cache[referrer]
	languages *cache[string]
	salts     map[int64]Salt
}

// cached is how many strings of a kind are remembered at least, and half of
// how many at most.
const cached = 4096

func newClassifier(store Store, country func(netip.Addr) string) *classifier {
	if country == nil {
		country = func(netip.Addr) string { return "" }
	}
	return &classifier{
		store: store, country: country,
		agents:    newCache(cached, parseAgent),
		referrers: newCache(cached, parseReferrer),
		languages: newCache(cached, preferredLanguage),
		salts:     map[int64]Salt{},
	}
}

// classify sets the record to what is kept of the visit. It fails only where
// the store does.
func (c *classifier) classify(ctx context.Context, v *Visit, r *record) error {
	r.linkID, r.at = v.LinkID, v.At.Unix()
	agent := c.agents.get(v.UserAgent)
	r.kind = v.Kind
	switch {
	case v.Kind == Auto || v.Kind > Scan:
		r.kind = agent.kind
	case v.Kind == Scan && agent.kind != Human:
		r.kind = agent.kind
	}
	if r.linkID == 0 {
		r.domain, r.path = hostOnly(v.Domain), printable(v.Path)
		return nil
	}
	if !r.counted() {
		return nil
	}
	day := floorDiv(r.at, secondsPerDay)
	salt, err := c.salt(ctx, day)
	if err != nil {
		return err
	}
	addr := v.Addr.Unmap()
	r.visitor = visitor(salt, r.linkID, addr, agent.digest)
	if addr.IsValid() {
		r.values[Countries] = countryCode(c.country(addr))
	}
	if from := c.referrers.get(v.Referer); from.host != withoutWWW(hostOnly(v.Domain)) {
		r.values[Referrers], r.values[Social] = from.host, from.social
	}
	r.values[Browsers], r.values[Systems], r.values[Devices] = agent.browser, agent.system, agent.device
	r.values[Languages] = c.languages.get(v.AcceptLanguage)
	return nil
}

// salt returns the salt of the day. Those of a few days are remembered, since
// visits of several meet around midnight.
func (c *classifier) salt(ctx context.Context, day int64) (Salt, error) {
	if salt, known := c.salts[day]; known {
		return salt, nil
	}
	salt, err := c.store.VisitorSalt(ctx, day)
	if err != nil {
		return Salt{}, err
	}
	if len(c.salts) >= 4 {
		clear(c.salts)
	}
	c.salts[day] = salt
	return salt, nil
}

// countryCode returns the code where it is one: it comes out of a file that
// anybody may have made.
func countryCode(code string) string {
	if len(code) == 2 && code[0]-'A' < 26 && code[1]-'A' < 26 {
		return code
	}
	return ""
}

// printable makes what a visitor sent fit for every database.
func printable(s string) string {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
		}
	}
	return s
}

// floorDiv divides towards minus infinity: moments before 1970 are somebody's
// clock, and have hours and days too.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// cache remembers what a function made of a string. Strings that were not asked
// for among the last ones are forgotten, half of all at a time.
type cache[V any] struct {
	size      int
	parse     func(string) V
	now, past map[string]V
}

func newCache[V any](size int, parse func(string) V) *cache[V] {
	return &cache[V]{size: size, parse: parse, now: map[string]V{}}
}

func (c *cache[V]) get(s string) V {
	v, known := c.now[s]
	if known {
		return v
	}
	if v, known = c.past[s]; !known {
		v = c.parse(s)
	}
	if len(c.now) >= c.size {
		c.now, c.past = map[string]V{}, c.now
	}
	c.now[s] = v
	return v
}
