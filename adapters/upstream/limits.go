package upstream

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tidwall/gjson"
)

// limits are the headers by which a backend tells what is left of its own rate
// limit, as they came. Only clients with a budget read them, and whoever gets a
// 429.
type limits struct {
	remaining string // X-RateLimit-Remaining
	reset     string // X-RateLimit-Reset
	age       string // Age
}

// firstEpoch tells seconds since 1970 from seconds to wait: some backends send
// those under the same name.
const firstEpoch = 1_000_000_000

// pause returns for how long the backend wants no more requests, 0 where it
// does not say that; of a 429 that names no time it is the shortest.
func (rep reply) pause() time.Duration {
	now := rep.clock()
	if rep.status != http.StatusTooManyRequests {
		if rep.limits.remaining != "0" {
			return 0
		}
		return resetIn(rep.limits.reset, now)
	}
	if wait := rep.retryIn(now); wait > 0 {
		return wait
	}
	return minRetryAfter
}

// retryIn returns what a 429 asks to wait, 0 where it does not: by its header,
// by its body, or by when its limit begins anew.
func (rep reply) retryIn(now time.Time) time.Duration {
	if wait := retryAfter(rep.retryAfter, now); wait > 0 {
		return wait
	}
	if wait := retryAfter(gjson.GetBytes(readJSON(rep.body), "Retry-After").String(), now); wait > 0 {
		return wait
	}
	return resetIn(rep.limits.reset, now)
}

// clock returns the time by the backend's clock, or by ours where it told none:
// that is the one its dates are made by.
func (rep reply) clock() time.Time {
	if rep.date.IsZero() {
		return time.Now()
	}
	return rep.date
}

// resetIn reads the time at which a limit begins anew and clamps it; 0 means
// that it is in the past, or no time.
func resetIn(s string, now time.Time) time.Duration {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n <= 0 {
		return 0
	}
	if n < firstEpoch {
		return min(max(time.Duration(min(n, int64(maxRetryAfter/time.Second)))*time.Second, minRetryAfter), maxRetryAfter)
	}
	if n > now.Add(maxRetryAfter).Unix() {
		return maxRetryAfter
	}
	return max(time.Unix(n, 0).Sub(now), 0)
}

// dates reads Date headers. It knows the last one, since all replies of a
// second have the same, and parsing it took a hundredth of a fast call.
type dates struct{ last atomic.Pointer[date] }

type date struct {
	text string
	at   time.Time
}

// read returns the time of a Date header, zero where it is none.
func (d *dates) read(header []byte) time.Time {
	if last := d.last.Load(); last != nil && string(header) == last.text {
		return last.at
	}
	text := string(header)
	at, err := http.ParseTime(text)
	if err != nil {
		return time.Time{}
	}
	d.last.Store(&date{text, at})
	return at
}
