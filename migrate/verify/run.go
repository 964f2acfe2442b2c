package verify

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/migrate"
)

// run is one run.
type run struct {
	o              *Options
	total          int // how many links are looked at
	every          int // of that many, the first
	source, target *side

	mu     sync.Mutex
	report *Report
	done   int
}

// read sends the links to look at.
func (r *run) read(ctx context.Context, links chan<- migrate.Row) error {
	f := migrate.Filter{Move: r.o.Move.ID, Kind: adapters.KindLink, Limit: batch}
	for n := 0; ; {
		rows, err := r.o.Rows.Rows(ctx, f)
		if err != nil {
			return fmt.Errorf("reading the links: %w", err)
		}
		for _, row := range rows {
			f.After = row.ID
			if row.Status == migrate.Deleted || row.Status == migrate.Skipped || row.SourceID == 0 {
				continue
			}
			if n++; (n-1)%r.every != 0 {
				continue
			}
			select {
			case links <- row:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if len(rows) < batch {
			return nil
		}
	}
}

// check looks at one link.
func (r *run) check(ctx context.Context, row *migrate.Row) error {
	source, target, why := r.addresses(row)
	var visits []visit
	if why == "" {
		for _, v := range r.o.Visitors {
			found, err := r.compare(ctx, source, target, v)
			if err != nil {
				return err
			}
			visits = append(visits, found)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.add(row, source, target, visits, why)
	r.done++
	r.tell(false)
	return nil
}

// tell tells of progress. It is called with the lock held, or by nobody else.
func (r *run) tell(last bool) {
	r.o.Progress(migrate.Progress{
		Step: migrate.StepVerifying, Kind: adapters.KindLink, Last: last,
		Done: r.done, Total: max(r.total, r.done), Failed: r.done - r.report.SameLinks,
	})
}

// The reasons why a link is not opened.
const (
	noAddress = "its short URL is not known"
	oneSide   = "its short URL is the same on both sides: say where a side is reached"
)

// addresses returns a link's short URLs, or why it cannot be opened.
func (r *run) addresses(row *migrate.Row) (source, target, why string) {
	u, err := url.Parse(row.ShortURL)
	if err != nil || u.Host == "" {
		return "", "", noAddress
	}
	source = u.String()
	target = source
	if r.o.Branded == nil || !r.o.Branded(u.Host) {
		target = rebase(u, r.o.Move.Domain, r.o.Origin)
	}
	if target == source && !r.o.Source.Own && !r.o.Target.Own {
		return source, target, oneSide
	}
	return source, target, ""
}

// compare opens a link on both sides as one visitor. What HEAD has told is not
// believed where that is a difference: some servers answer it otherwise.
func (r *run) compare(ctx context.Context, source, target string, v Visitor) (visit, error) {
	found := visit{visitor: v.Name}
	for _, method := range []string{http.MethodHead, http.MethodGet} {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() (err error) { found.source, err = r.source.land(ctx, method, source, v); return err })
		group.Go(func() (err error) { found.target, err = r.target.land(ctx, method, target, v); return err })
		if err := group.Wait(); err != nil {
			return visit{}, err
		}
		if found.verdict = judge(&found.source, &found.target); found.verdict == Same {
			break
		}
	}
	return found, nil
}
