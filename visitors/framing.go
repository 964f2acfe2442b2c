package visitors

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"
)

const (
	// framingsKept is how many destinations are remembered, framingKept for how
	// long.
	framingsKept = 4096
	framingKept  = time.Hour

	// framingTimeout is how long a visitor waits for a destination's answer at
	// most, framingsAtOnce how many are asked at the same time.
	framingTimeout = 2 * time.Second
	framingsAtOnce = 16

	// maxFramedBody bounds what is read of a destination that answers GET alone.
	maxFramedBody = 1 << 20
)

// framing finds out which destinations can be shown in a frame. Whatever is
// not known to be framable is not.
type framing struct {
	fetcher Fetcher
	slots   chan struct{}
	headers *cache[string, frameHeaders]
}

// frameHeaders are what a destination says of framing.
type frameHeaders struct {
	answered bool
	options  []string
	policies []string
}

func newFraming(f Fetcher, now func() time.Time) *framing {
	return &framing{
		fetcher: f, slots: make(chan struct{}, framingsAtOnce),
		headers: newCache[string, frameHeaders](framingsKept, framingKept, now),
	}
}

// allows reports whether a page of origin can show the destination.
func (f *framing) allows(ctx context.Context, destination, origin string) bool {
	if f.fetcher == nil {
		return false
	}
	u, err := url.Parse(destination)
	if err != nil || u.Host == "" {
		return false
	}
	// Headers rarely depend on the query, which may be another one each time.
	u.RawQuery, u.Fragment, u.User = "", "", nil
	address := u.String()
	headers, err := f.headers.get(ctx, address, func(ctx context.Context) (frameHeaders, error) {
		return f.ask(ctx, address)
	})
	return err == nil && headers.allow(origin, u.Scheme+"://"+u.Host)
}

var errBusy = errors.New("too many destinations are being asked")

func (f *framing) ask(ctx context.Context, address string) (frameHeaders, error) {
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	default:
		// Not kept: the next visitor asks again.
		return frameHeaders{}, errBusy
	}
	ctx, cancel := context.WithTimeout(ctx, framingTimeout)
	defer cancel()
	header, status, err := f.fetcher.Head(ctx, address)
	if err == nil && status >= 400 {
		// Some servers take GET alone, which answers with a body or not at all.
		_, header, err = f.fetcher.Get(ctx, address, maxFramedBody)
	}
	if err != nil {
		// That is kept too: a dead destination must not hold every visitor up.
		return frameHeaders{}, nil
	}
	return frameHeaders{
		answered: true, options: header.Values("X-Frame-Options"), policies: header.Values("Content-Security-Policy"),
	}, nil
}

// allow reports whether a page of origin may frame one of self. A policy that
// speaks of framing is heard instead of X-Frame-Options (CSP Level 3, section
// 6.4.2).
func (h frameHeaders) allow(origin, self string) bool {
	if !h.answered {
		return false
	}
	spoken := false
	for _, value := range h.policies {
		for policy := range strings.SplitSeq(value, ",") {
			sources, found := ancestors(policy)
			if !found {
				continue
			}
			spoken = true
			if !anySource(sources, origin, self) {
				return false
			}
		}
	}
	if spoken {
		return true
	}
	for _, value := range h.options {
		for option := range strings.SplitSeq(value, ",") {
			switch strings.ToUpper(strings.TrimSpace(option)) {
			case "DENY":
				return false
			case "SAMEORIGIN":
				if !strings.EqualFold(origin, self) {
					return false
				}
			}
		}
	}
	return true
}

// ancestors returns the sources of a policy's first frame-ancestors.
func ancestors(policy string) (sources []string, found bool) {
	for directive := range strings.SplitSeq(policy, ";") {
		words := strings.Fields(directive)
		if len(words) > 0 && strings.EqualFold(words[0], "frame-ancestors") {
			return words[1:], true
		}
	}
	return nil, false
}

// anySource reports whether a source expression matches the origin.
func anySource(sources []string, origin, self string) bool {
	for _, s := range sources {
		if matches(strings.ToLower(s), strings.ToLower(origin), strings.ToLower(self)) {
			return true
		}
	}
	return false
}

// matches reports whether a source expression matches an origin: "*", a scheme,
// 'self', or a host, which may have a scheme, a "*." and a port. A path says
// nothing of an origin.
func matches(source, origin, self string) bool {
	scheme, host, _ := strings.Cut(origin, "://")
	switch {
	case source == "*":
		return true
	case source == "'self'":
		return origin == self
	case strings.HasSuffix(source, ":") && !strings.Contains(source, "/"):
		return source == scheme+":" || source == "http:" && scheme == "https"
	case strings.HasPrefix(source, "'"):
		return false
	}
	if s, rest, ok := strings.Cut(source, "://"); ok {
		if s != scheme && (s != "http" || scheme != "https") {
			return false
		}
		source = rest
	}
	source, _, _ = strings.Cut(source, "/")
	source = strings.TrimSuffix(source, ":*")
	if parent, ok := strings.CutPrefix(source, "*"); ok {
		return strings.HasPrefix(parent, ".") && strings.HasSuffix(host, parent)
	}
	return source == host
}
