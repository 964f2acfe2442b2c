package simulate

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// keyParameters are the query parameters that carry a key on some site.
var keyParameters = []string{"api_token", "key", "api"}

// limit is the site's own rate limit.
type limit struct {
	rate    int
	window  time.Duration
	now     func() time.Time
	tooMany func(seconds int) any

	mu   sync.Mutex
	keys map[string]*window
	over int
}

type window struct {
	begin time.Time
	count int
}

func newLimit(site http.Handler, o Options) *limit {
	l := &limit{rate: o.Rate, window: o.Window, now: o.Now, tooMany: tooMany, keys: map[string]*window{}}
	if l.window <= 0 {
		l.window = time.Minute
	}
	if site, ok := site.(Limited); ok {
		l.tooMany = site.TooManyRequests
	}
	return l
}

func tooMany(seconds int) any {
	return map[string]any{
		"error": http.StatusTooManyRequests, "message": "Too Many Requests. Please retry later.", "Retry-After": seconds,
	}
}

// take counts a request of key, writes the headers that tell of the limit, and
// returns the refusal of one that is over it. The headers name times by
// siteNow, the clock that the site believes in.
func (l *limit) take(h http.Header, key string, siteNow time.Time) *reply {
	if l.rate <= 0 || key == "" {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	w := l.keys[key]
	if w == nil || now.Sub(w.begin) >= l.window {
		w = &window{begin: now}
		l.keys[key] = w
	}
	w.count++
	left := w.begin.Add(l.window).Sub(now)
	h.Set("X-RateLimit-Limit", strconv.Itoa(l.rate))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, l.rate-w.count)))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(siteNow.Add(left).Unix(), 10))
	if w.count <= l.rate {
		return nil
	}
	l.over++
	return l.refusal(left)
}

// refusal is the answer to a request that has to wait.
func (l *limit) refusal(wait time.Duration) *reply {
	seconds := wholeSeconds(wait)
	p := newReply()
	p.header.Set("Retry-After", strconv.Itoa(seconds))
	p.status = http.StatusTooManyRequests
	p.json(l.tooMany(seconds))
	return p
}

func (l *limit) overs() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over
}

// wholeSeconds rounds up: who waits that long need not wait again.
func wholeSeconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}

// credential returns the key that a request carries, "" where it has none.
func credential(r *http.Request) string {
	if fields := strings.Fields(r.Header.Get("Authorization")); len(fields) > 0 {
		return fields[len(fields)-1]
	}
	query := r.URL.Query()
	for _, name := range keyParameters {
		if key := query.Get(name); key != "" {
			return key
		}
	}
	return ""
}

// withoutKeys returns a query as it may be shown.
func withoutKeys(query url.Values) string {
	for _, name := range keyParameters {
		if query.Has(name) {
			query.Set(name, "...")
		}
	}
	return query.Encode()
}
