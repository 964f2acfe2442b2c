package visitors

import (
	"context"
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors/pages"
)

const (
	// statisticsDays is how many days the plot has, today included.
	statisticsDays = 30

	// countsKept is how many links' statistics are remembered, countKept for
	// how long: everybody may ask for them, as often as they like.
	countsKept = 256
	countKept  = 5 * time.Second
)

// counts are what visits of a link add up to.
type counts struct {
	summary *clicks.Summary
	series  *clicks.Series
}

// count reads the statistics of a link since a day.
func (h *Handler) count(ctx context.Context, link int64, from time.Time) (counts, error) {
	return h.counts.get(ctx, link, func(ctx context.Context) (c counts, err error) {
		ctx, cancel := context.WithTimeout(ctx, readTimeout)
		defer cancel()
		if c.summary, err = h.cfg.Statistics.Summary(ctx, link); err != nil {
			return c, err
		}
		c.series, err = h.cfg.Statistics.Series(ctx, link, from, from.AddDate(0, 0, statisticsDays), clicks.Day, time.UTC, "")
		return c, err
	})
}

// statistics shows what visits of a public link add up to. A private one is
// answered like one that does not exist.
func (h *Handler) statistics(w http.ResponseWriter, r *http.Request, domain *shortener.Domain, alias string) error {
	ctx := r.Context()
	l, err := h.store.LinkByAlias(ctx, hostOf(domain), alias)
	if err != nil {
		return notFoundOr(err)
	}
	if !l.Public {
		return ErrNotFound
	}
	from := h.cfg.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-statisticsDays)
	c, err := h.count(ctx, l.ID, from)
	if err != nil {
		return notFoundOr(err)
	}
	page := pages.Statistics{
		Short:        bare(h.links.ShortURL(l, h.cfg.Origin(r))),
		Clicks:       c.summary.Clicks + c.summary.CarriedClicks,
		UniqueClicks: c.summary.UniqueClicks + c.summary.CarriedUniques,
		Carried:      c.summary.CarriedClicks,
		Created:      pages.DayOf(l.Created.UTC()),
		Days:         days(c.series, from),
	}
	target := h.links.Target(l)
	if open, err := h.isOpen(ctx, &target); err != nil {
		return err
	} else if open {
		page.Shown = destination(target.URL).Shown
	}
	region := display.Regions(language.Make(pages.LanguageOf(r)))
	page.Rankings = []pages.Ranking{
		pages.NewRanking("countries", rows(c.summary.Countries, func(code string) string { return country(region, code) })),
		pages.NewRanking("referrers", rows(c.summary.Referrers, nil)),
		pages.NewRanking("browsers", rows(c.summary.Browsers, nil)),
		pages.NewRanking("systems", rows(c.summary.Systems, nil)),
	}
	if err := pages.Write(w, r, pages.Options{Status: http.StatusOK, Site: h.site(r, domain)}, page); err != nil {
		return err
	}
	h.cfg.Count(Paged)
	return nil
}

// isOpen reports whether anybody who opens the link now gets to see its
// destination.
func (h *Handler) isOpen(ctx context.Context, t *shortener.Target) (bool, error) {
	d := shortener.Decide(t, &shortener.Visitor{Now: h.cfg.Now(), Automatic: true})
	switch d.Outcome {
	case shortener.AskPassword, shortener.Blocked, shortener.Disabled, shortener.NotStarted, shortener.Ended, shortener.Nowhere, shortener.Download:
		return false, nil
	}
	if !d.Left {
		return true, nil
	}
	return h.store.ClicksLeft(ctx, t.LinkID, t.Limit)
}

// days returns the clicks of every day, also where the series has gaps.
func days(series *clicks.Series, from time.Time) []pages.Day {
	counted := map[string]int64{}
	for _, b := range series.Buckets {
		counted[pages.DayOf(b.Start.UTC())] += b.Clicks
	}
	all := make([]pages.Day, statisticsDays)
	for i := range all {
		day := pages.DayOf(from.AddDate(0, 0, i))
		all[i] = pages.Day{Day: day, Clicks: counted[day]}
	}
	return all
}

func rows(named []clicks.Named, name func(string) string) []pages.Row {
	all := make([]pages.Row, 0, len(named))
	for _, n := range named {
		row := pages.Row{Name: n.Name, Clicks: n.Clicks}
		if name != nil {
			row.Name = name(n.Name)
		}
		all = append(all, row)
	}
	return all
}

// country returns the name of a country in the page's language; what is not
// known stays as it is.
func country(region display.Namer, code string) string {
	r, err := language.ParseRegion(code)
	if err != nil || region == nil {
		return code
	}
	if name := region.Name(r); name != "" {
		return name
	}
	return code
}

// bare returns a URL without its scheme.
func bare(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	return rest
}
