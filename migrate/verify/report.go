package verify

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/linkquay/linkquay/migrate"
)

// Report is what Run has found.
type Report struct {
	Source string `json:"source"`
	Target string `json:"target"`

	// Visitors are the names of those who opened each link.
	Visitors []string `json:"visitors"`

	Began   time.Time `json:"began"`
	Seconds float64   `json:"seconds"`

	// Stopped is why it ended early, empty where it did not.
	Stopped string `json:"stopped,omitempty"`

	// Links is how many links were opened, SameLinks with which of them all
	// visitors land alike.
	Links     int `json:"links"`
	SameLinks int `json:"same_links"`

	// NotMoved is how many links were left out because they cannot be moved.
	NotMoved int `json:"not_moved"`

	// Unopened is how many could not be opened, by reason.
	Unopened map[string]int `json:"unopened,omitempty"`

	// Visits are links times visitors, by what they got on both sides, the most
	// frequent first.
	Visits []Visits `json:"visits"`

	// Findings are what is not the same, in the order of the move's rows, up to
	// Options.Limit; Omitted is how many more there are.
	Findings []Finding `json:"findings"`
	Omitted  int       `json:"omitted"`

	limit int
}

// Visits are how many visits ended alike.
type Visits struct {
	Source  Class   `json:"source"`
	Target  Class   `json:"target"`
	Verdict Verdict `json:"verdict"`
	Visits  int     `json:"visits"`
}

// Finding is a link with which visitors do not land alike.
type Finding struct {
	// Row is its ID in the move.
	Row int64 `json:"row"`

	SourceURL string `json:"source_url"`
	TargetURL string `json:"target_url"`

	// Visitors are those who landed so.
	Visitors []string `json:"visitors"`
	Source   Landing  `json:"source"`
	Target   Landing  `json:"target"`
	Verdict  Verdict  `json:"verdict"`
}

// visit is what one visitor got of a link.
type visit struct {
	visitor        string
	source, target Landing
	verdict        Verdict
}

func newReport(o *Options) *Report {
	r := &Report{
		Source: o.Move.Source, Target: o.Move.Target, Began: time.Now().UTC(),
		Unopened: map[string]int{}, Findings: []Finding{}, Visits: []Visits{}, limit: o.Limit,
	}
	for _, v := range o.Visitors {
		r.Visitors = append(r.Visitors, v.Name)
	}
	return r
}

// add adds a link, or why it could not be opened.
func (r *Report) add(row *migrate.Row, source, target string, visits []visit, why string) {
	if why != "" {
		r.Unopened[why]++
		return
	}
	r.Links++
	var found []Finding
	for _, v := range visits {
		r.count(v)
		if v.verdict == Same {
			continue
		}
		i := slices.IndexFunc(found, func(f Finding) bool { return f.like(v) })
		if i < 0 {
			i = len(found)
			found = append(found, Finding{
				Row: row.ID, SourceURL: source, TargetURL: target, Source: v.source, Target: v.target, Verdict: v.verdict,
			})
		}
		found[i].Visitors = append(found[i].Visitors, v.visitor)
	}
	if len(found) == 0 {
		r.SameLinks++
	}
	room := min(len(found), r.limit-len(r.Findings))
	r.Findings = append(r.Findings, found[:room]...)
	r.Omitted += len(found) - room
}

// like reports whether another visitor landed in the same way.
func (f *Finding) like(v visit) bool {
	same := func(a, b Landing) bool {
		return a.Class == b.Class && a.URL == b.URL && a.Note == b.Note && slices.Equal(a.Leads, b.Leads)
	}
	return same(f.Source, v.source) && same(f.Target, v.target)
}

func (r *Report) count(v visit) {
	for i := range r.Visits {
		if n := &r.Visits[i]; n.Source == v.source.Class && n.Target == v.target.Class && n.Verdict == v.verdict {
			n.Visits++
			return
		}
	}
	r.Visits = append(r.Visits, Visits{v.source.Class, v.target.Class, v.verdict, 1})
}

func (r *Report) finish(err error) {
	r.Seconds = time.Since(r.Began).Seconds()
	if err != nil {
		r.Stopped = err.Error()
	}
	slices.SortFunc(r.Findings, func(a, b Finding) int { return cmp.Compare(a.Row, b.Row) })
	slices.SortStableFunc(r.Visits, func(a, b Visits) int { return cmp.Compare(b.Visits, a.Visits) })
}

// Total returns how many visits have the verdict.
func (r *Report) Total(verdict Verdict) int {
	n := 0
	for _, v := range r.Visits {
		if v.Verdict == verdict {
			n += v.Visits
		}
	}
	return n
}

// Err says in a sentence why the move cannot be taken for good, nil where it
// can: every link was opened, and all visitors land alike.
func (r *Report) Err() error {
	unopened := 0
	for _, n := range r.Unopened {
		unopened += n
	}
	switch different, unknown := r.Total(Different), r.Total(Unknown); {
	case r.Stopped != "":
		return errors.New(r.Stopped)
	case r.Links+unopened == 0:
		return errors.New("there is no link to open")
	case different > 0:
		return fmt.Errorf("%d of %d links land elsewhere, or did not answer", r.Links-r.SameLinks, r.Links)
	case unknown > 0:
		return fmt.Errorf("%d of %d links did not answer", r.Links-r.SameLinks, r.Links)
	case unopened > 0:
		return fmt.Errorf("%d links could not be opened", unopened)
	}
	return nil
}

// printable is what texts of a side may do to a terminal: nothing.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\ufffd'
		}
		return r
	}, text)
}

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s → %s: %d links opened as %s in %s\n", r.Source, r.Target, r.Links, strings.Join(r.Visitors, ", "),
		time.Duration(r.Seconds*float64(time.Second)).Round(time.Second))
	fmt.Fprintf(&b, "%d visits land alike, %d do not, %d had no answer\n", r.Total(Same), r.Total(Different), r.Total(Unknown))
	for _, v := range r.Visits {
		fmt.Fprintf(&b, "  %d: %s → %s: %s\n", v.Visits, Landing{Class: v.Source}, Landing{Class: v.Target}, v.Verdict)
	}
	if r.NotMoved > 0 {
		fmt.Fprintf(&b, "%d links were left out: they cannot be moved\n", r.NotMoved)
	}
	reasons := make([]string, 0, len(r.Unopened))
	for why := range r.Unopened {
		reasons = append(reasons, why)
	}
	slices.Sort(reasons)
	for _, why := range reasons {
		fmt.Fprintf(&b, "%d links were not opened: %s\n", r.Unopened[why], why)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "\n%s (%s), %s:\n  source: %s\n  target: %s\n", printable(f.SourceURL), printable(f.TargetURL), strings.Join(f.Visitors, ", "), printable(f.Source.String()), printable(f.Target.String()))
	}
	if r.Omitted > 0 {
		fmt.Fprintf(&b, "\n… and %d more\n", r.Omitted)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
