package pages

import (
	"strconv"
	"time"
)

// Statistics are what everybody may see of a public link.
type Statistics struct {
	// Short is the short URL without its scheme, Shown the destination; both
	// as people read them.
	Short string
	Shown string

	Clicks       int64
	UniqueClicks int64

	// Carried is how many of Clicks were counted elsewhere, before the link was
	// moved here. They are in nothing else.
	Carried int64

	// Created is a day as YYYY-MM-DD.
	Created string

	// Days are consecutive, oldest first.
	Days []Day

	Rankings []Ranking
}

// Day is the clicks of a day, YYYY-MM-DD.
type Day struct {
	Day    string
	Clicks int64
}

// Ranking is what most visitors had in common, most first.
type Ranking struct {
	// Key is countries, referrers, browsers or systems.
	Key  string
	Rows []Row
}

// Row is a line of a ranking. An empty name stands for what is not known.
type Row struct {
	Name   string
	Clicks int64

	// Share is the row's part of the largest, in percent.
	Share int64
}

func (Statistics) name() string     { return "statistics" }
func (Statistics) sources() sources { return sources{} }

// Empty is the key of the text for a row without a name.
func (r Ranking) Empty() string {
	if r.Key == "referrers" {
		return "stats.direct"
	}
	return "stats.unknown"
}

// Sum is all clicks of the days.
func (s Statistics) Sum() (sum int64) {
	for _, d := range s.Days {
		sum += d.Clicks
	}
	return sum
}

// Most is the day with the most clicks.
func (s Statistics) Most() (most Day) {
	for _, d := range s.Days {
		if d.Clicks > most.Clicks {
			most = d
		}
	}
	return most
}

// The plot's measures, in units of the drawing, which is stretched to the space
// that the page has for it.
const (
	plotWidth  = 600
	plotHeight = 160
)

// Plot is the bars of the days. Its text stands beside the drawing, so that it
// has the size of other text on every screen.
type Plot struct {
	Width, Height int

	// Scale is the numbers of clicks at Lines, from top to bottom.
	Scale []int64
	Lines []int

	Bars        []plotBar
	First, Last string
}

type plotBar struct {
	Of                  Day
	X, Y, Width, Height string
}

// Plot draws the days, nil where there are none.
func (s Statistics) Plot() *Plot {
	if len(s.Days) == 0 {
		return nil
	}
	top := ceiling(s.Most().Clicks)
	p := &Plot{
		Width: plotWidth, Height: plotHeight,
		Scale: []int64{top, top / 2, 0}, Lines: []int{0, plotHeight / 2, plotHeight},
		First: s.Days[0].Day, Last: s.Days[len(s.Days)-1].Day,
	}
	step := float64(plotWidth) / float64(len(s.Days))
	for i, d := range s.Days {
		height := plotHeight * float64(d.Clicks) / float64(top)
		p.Bars = append(p.Bars, plotBar{
			Of: d, X: decimal((float64(i) + 0.15) * step), Y: decimal(plotHeight - height),
			Width: decimal(0.7 * step), Height: decimal(height),
		})
	}
	return p
}

// ceiling returns an even number of clicks, at least as many, that is easy to
// read: 2, 4, 6, 8, 10, 20, 40 and so on.
func ceiling(n int64) int64 {
	for unit := int64(1); unit <= 1e17; unit *= 10 {
		for _, c := range []int64{2, 4, 6, 8} {
			if n <= c*unit {
				return c * unit
			}
		}
	}
	return n + n%2
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

// DayOf writes a day as the pages have it.
func DayOf(t time.Time) string { return t.Format(time.DateOnly) }

// NewRanking returns the ranking of rows, most first, with their shares.
func NewRanking(key string, rows []Row) Ranking {
	var most int64
	for _, r := range rows {
		most = max(most, r.Clicks)
	}
	for i := range rows {
		if most > 0 {
			rows[i].Share = rows[i].Clicks * 100 / most
		}
	}
	return Ranking{Key: key, Rows: rows}
}
