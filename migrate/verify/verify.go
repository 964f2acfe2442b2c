// Package verify opens the short URLs of a move on both sides, as several kinds
// of visitors, and compares where they land. It asks no API: what it sees is
// what people will see.
//
// A redirect is compared by its URL, a page by what it is (a password's form, a
// file, a page that leads on) and where it leads to. Ways of writing one URL are
// alike, and so are "gone" and "not found": nobody gets anywhere by either.
// Rules for countries cannot be tried, since all visits come from one place.
//
// Visits must not be counted as people's. So each is a HEAD request first, which
// tells all there is to know of a redirect, and a GET where that does not
// suffice; and each says in its User-Agent, behind what makes it a telephone or
// a desktop, that it is a bot. Linkquay counts the first not at all and the
// second apart, and neither uses up a visit of a link with a limit. A provider
// may do otherwise.
package verify

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/migrate"
)

const (
	// DefaultWorkers is how many links are looked at at a time.
	DefaultWorkers = 4

	// DefaultLimit is how many findings a report has.
	DefaultLimit = 1000

	// batch is how many rows are read at a time.
	batch = 1000
)

// DefaultRate is how many requests each side gets.
var DefaultRate = api.Rate{Requests: 10, Window: time.Second}

// Opener opens addresses: a *guard.Client, with Options.Via where the side is
// reached elsewhere than DNS says.
type Opener interface {
	Open(ctx context.Context, method, address string, header http.Header, limit int64) (*guard.Answer, error)
}

// Rows are the rows of a move: a part of migrate.Store.
type Rows interface {
	Rows(ctx context.Context, f migrate.Filter) ([]migrate.Row, error)
	CountRows(ctx context.Context, move int64) ([]migrate.Count, error)
}

// Side is the source or the target.
type Side struct {
	// Opener reaches the side.
	Opener Opener

	// Own says that it does so wherever DNS leads, so that one address can be
	// opened on both sides.
	Own bool
}

// Options are what Run needs.
type Options struct {
	Move *migrate.Move
	Rows Rows

	Source, Target Side

	// Origin is the scheme and host of short URLs on the target's main domain;
	// Move.Domain comes before it.
	Origin string

	// Branded reports whether a host, with its port where it has one, is a branded
	// domain, whose short URLs are the same on both sides; nil means that none is.
	Branded func(host string) bool

	// Visitors are who opens each URL; nil means Matrix of nothing.
	Visitors []Visitor

	// Sample is how many links to look at, spread evenly over all; 0 means all.
	Sample int

	// Rate is how many requests each side gets; the zero value means DefaultRate.
	// What a side asks for with a 429 and Retry-After is heeded besides.
	Rate api.Rate

	// Workers is how many links are looked at at a time; 0 means DefaultWorkers.
	Workers int

	// Limit is how many findings the report has; 0 means DefaultLimit. The rest
	// is counted.
	Limit int

	// Progress, where set, is told of each link that is done; Failed are those that
	// do not land alike. It is called by one goroutine at a time.
	Progress func(migrate.Progress)
}

// Run opens the short URL of every link of the move on both sides, as every
// visitor. Links that were deleted since, that cannot be moved, or that were
// made at the target and never copied back are left out; those that wait to be
// copied are not. It returns what it found, with an error where it stopped
// early: the context ended, the rows could not be read, or a side did not answer
// twenty times in a row.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Visitors == nil {
		o.Visitors, _ = Matrix(nil, nil)
	}
	if o.Workers <= 0 {
		o.Workers = DefaultWorkers
	}
	if o.Limit <= 0 {
		o.Limit = DefaultLimit
	}
	if o.Rate.Requests <= 0 {
		o.Rate = DefaultRate
	}
	if o.Progress == nil {
		o.Progress = func(migrate.Progress) {}
	}
	total, left, err := count(ctx, &o)
	if err != nil {
		return nil, err
	}
	r := &run{
		o: &o, total: total, every: 1,
		source: newSide("source", o.Source.Opener, o.Rate),
		target: newSide("target", o.Target.Opener, o.Rate),
		report: newReport(&o),
	}
	r.report.NotMoved = left
	if n := o.Sample; n > 0 && n < total {
		r.every = (total + n - 1) / n
		r.total = (total + r.every - 1) / r.every
	}
	links := make(chan migrate.Row, batch)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(links)
		return r.read(ctx, links)
	})
	for range o.Workers {
		group.Go(func() error {
			for row := range links {
				if err := r.check(ctx, &row); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err = group.Wait()
	if err == nil {
		r.total = r.done // counted, it has those that the source does not have yet
	}
	r.report.finish(err)
	r.tell(true)
	return r.report, err
}

// count returns how many links are to be looked at, and how many are left out
// because they cannot be moved.
func count(ctx context.Context, o *Options) (total, left int, err error) {
	counts, err := o.Rows.CountRows(ctx, o.Move.ID)
	if err != nil {
		return 0, 0, fmt.Errorf("counting the links: %w", err)
	}
	for _, c := range counts {
		switch {
		case c.Kind != adapters.KindLink || c.Status == migrate.Deleted:
		case c.Status == migrate.Skipped:
			left += c.Rows
		default:
			total += c.Rows
		}
	}
	return total, left, nil
}
