// Package visitors answers whoever opens a short link: with a redirect, or with
// the page or file that comes before it. What a visitor gets is decided by
// shortener.Decide; this package carries it out over HTTP and has the visit
// counted.
//
// The addresses on a site of short links:
//
//	/<alias>               the link; POST carries its password
//	/<alias>+              statistics of a public link
//	/r/<slug>              one of a public campaign's links, by turns
//	/u/<account>/<list>    the public links of a public campaign
//	/qr/<alias>[.png|.svg] a picture of the QR code
//	/                      a branded domain's root
package visitors

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"os"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/ratelimit"
	"github.com/linkquay/linkquay/shortener"
)

// readTimeout bounds what is read of the store for several visitors at once.
const readTimeout = 10 * time.Second

// ErrNotFound says that the path is no short link, and that nothing was
// answered.
var ErrNotFound = errors.New("no such short link")

// Config is what a Handler is made of. Shortener, Recorder, Statistics and
// Origin are required.
type Config struct {
	// Shortener knows the links, its store what belongs to them.
	Shortener *shortener.Shortener

	// Recorder counts visits.
	Recorder Recorder

	// Statistics reads what was counted.
	Statistics Statistics

	// Limiter counts attempts at passwords; nil means one in memory.
	Limiter ratelimit.Limiter

	// Attempts is how many passwords a client address may try per link; the
	// zero value means 20 in 5 minutes. Right ones count too, so that no burst
	// of guesses gets through before the first is found wrong.
	Attempts api.Rate

	// Country returns the ISO 3166-1 alpha-2 code of an address in upper case,
	// empty where it is not known; nil means that no country is known.
	Country func(netip.Addr) string

	// Files has the files that are downloaded and the logos of QR codes; nil
	// means there are none.
	Files Files

	// Fetcher asks destinations whether they can be framed; nil means that
	// none is asked and none is framed.
	Fetcher Fetcher

	// Origin returns the scheme and host of short URLs on the main domain for
	// a request, such as "https://go.example.com"; empty where a branded domain
	// is asked and the main one is not known.
	Origin func(r *http.Request) string

	// Adopter takes over links that are not here yet; nil means that there are
	// none.
	Adopter Adopter

	// Count is told what every visitor got; nil means nobody counts.
	Count func(Outcome)

	// Logger is told of what fails without failing the visit; nil discards it.
	Logger *zap.Logger

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Adopter takes over links of branded domains from where they were before. An
// *adopt.Adopter is one.
type Adopter interface {
	// Domain returns the branded domain of a host whose links are taken over, nil
	// for any other. The host is in the form of api.HostOf. Whoever asks must not
	// change it; it need not be registered.
	Domain(host string) *shortener.Domain

	// Adopt takes over the link with an alias that nobody knows here. It returns
	// an empty URL where the link can be opened now, and else where to lead the
	// visitor this time. Codes: NotFound, RateLimited, Unavailable.
	Adopt(ctx context.Context, host, alias string, client netip.Addr) (to string, err error)
}

// Recorder counts visits. A *clicks.Recorder is one.
type Recorder interface {
	// Visit must not wait.
	Visit(v clicks.Visit)
}

// Statistics reads what was counted of a link.
type Statistics interface {
	Summary(ctx context.Context, linkID int64) (*clicks.Summary, error)

	// Series returns the history from from to before to; an empty dimension
	// means totals alone.
	Series(
		ctx context.Context, linkID int64, from, to time.Time, interval clicks.Interval, zone *time.Location, dimension string,
	) (*clicks.Series, error)
}

// Files opens stored files. A *files.Dir is one.
type Files interface {
	// OpenFile returns the file of the name that it was stored under, and its
	// size. Codes: NotFound where it is gone, Unavailable.
	OpenFile(name string) (f *os.File, size int64, err error)
}

// Fetcher asks addresses that clients supplied. A *guard.Client is one.
type Fetcher interface {
	// Head returns header and status of the last answer.
	Head(ctx context.Context, address string) (http.Header, int, error)

	// Get returns the body of a 2xx answer, at most limit bytes, and the header.
	Get(ctx context.Context, address string, limit int64) ([]byte, http.Header, error)
}

// Handler answers visitors. It is safe for concurrent use.
type Handler struct {
	cfg       Config
	links     *shortener.Shortener
	store     shortener.Store
	domains   *shortener.Domains
	framing   *framing
	pictures  *pictures
	campaigns *cache[int64, []shortener.Link]
	counts    *cache[int64, counts]
	permits   permits
}

// New returns a handler.
func New(cfg Config) *Handler {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Limiter == nil {
		cfg.Limiter = ratelimit.NewMemory(ratelimit.Options{Now: cfg.Now})
	}
	if cfg.Attempts == (api.Rate{}) {
		cfg.Attempts = api.Rate{Requests: 20, Window: 5 * time.Minute}
	}
	if cfg.Count == nil {
		cfg.Count = func(Outcome) {}
	}
	if cfg.Logger == nil {
		cfg.Logger = zap.NewNop()
	}
	return &Handler{
		cfg:       cfg,
		links:     cfg.Shortener,
		store:     cfg.Shortener.Store(),
		domains:   cfg.Shortener.Domains(),
		framing:   newFraming(cfg.Fetcher, cfg.Now),
		pictures:  newPictures(cfg.Now),
		campaigns: newCache[int64, []shortener.Link](campaignsKept, campaignKept, cfg.Now),
		counts:    newCache[int64, counts](countsKept, countKept, cfg.Now),
		permits:   newPermits(),
	}
}
