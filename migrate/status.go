package migrate

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/linkquay/linkquay/adapters"
)

// StatusReport is how far a move is.
type StatusReport struct {
	Source        string `json:"source"`
	SourceAccount string `json:"source_account"`
	Target        string `json:"target"`
	TargetAccount string `json:"target_account"`

	// Domain is the host that links of the source's main domain get, empty for the
	// target's main one.
	Domain string `json:"domain,omitempty"`

	// Phase is the phase since Changed; Answers is the name of the side that
	// answers clients in it.
	Phase   Phase     `json:"phase"`
	Changed time.Time `json:"changed"`
	Answers string    `json:"answers"`

	// Listed is when the source was last listed, nil before that.
	Listed *time.Time `json:"listed,omitempty"`

	// Objects are the rows by kind, in the order of adapters.Kinds, without kinds
	// that there are none of.
	Objects []KindStatus `json:"objects"`

	// Parity is that of the links, by the default minimum.
	Parity Parity `json:"parity"`

	// Waiting is how many writes are to be carried to the other side. GivenUp is
	// how many could not be, and Refused tells of the first twenty of them.
	Waiting int       `json:"waiting"`
	GivenUp int       `json:"given_up"`
	Refused []Refusal `json:"refused,omitempty"`
}

// KindStatus is what has become of the objects of a kind.
type KindStatus struct {
	Kind      adapters.Kind `json:"kind"`
	Listed    int           `json:"listed"`
	Copied    int           `json:"copied"`
	Different int           `json:"different"`
	Failed    int           `json:"failed"`
	Skipped   int           `json:"skipped"`
	Deleted   int           `json:"deleted"`
}

// Refusal is a write that was given up.
type Refusal struct {
	Kind adapters.Kind `json:"kind"`

	// At is the side that it was made at, and ID the object's id there; 0 for a
	// create that was never answered.
	At string `json:"at"`
	ID int64  `json:"id"`

	Begun  time.Time `json:"begun"`
	Reason string    `json:"reason"`
}

// maxShown is how many refusals a status tells of.
const maxShown = 20

// StatusOf returns how far a move is.
func StatusOf(ctx context.Context, s Store, m *Move) (*StatusReport, error) {
	r := &StatusReport{
		Source: m.Source, SourceAccount: m.SourceAccount, Target: m.Target, TargetAccount: m.TargetAccount, Domain: m.Domain,
		Phase: m.Phase, Changed: m.Changed, Answers: m.Source, Objects: []KindStatus{},
	}
	if m.Phase.AtTarget() {
		r.Answers = m.Target
	}
	if !m.Listed.IsZero() {
		r.Listed = &m.Listed
	}
	counts, err := s.CountRows(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	r.Parity = ParityOf(counts, DefaultMinParity)
	r.count(counts)
	if r.Waiting, r.GivenUp, err = s.CountEntries(ctx, m.ID); err != nil || r.GivenUp == 0 {
		return r, err
	}
	entries, err := s.GivenUpEntries(ctx, m.ID, 0, maxShown)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		one := Refusal{Kind: e.Kind, At: m.Source, ID: e.Object, Begun: e.Begun, Reason: e.Error}
		if e.AtTarget {
			one.At = m.Target
		}
		r.Refused = append(r.Refused, one)
	}
	return r, nil
}

// count fills Objects.
func (r *StatusReport) count(counts []Count) {
	kinds := map[adapters.Kind]*KindStatus{}
	for _, c := range counts {
		k := kinds[c.Kind]
		if k == nil {
			k = &KindStatus{Kind: c.Kind}
			kinds[c.Kind] = k
		}
		switch c.Status {
		case Listed:
			k.Listed += c.Rows
		case Copied:
			k.Copied += c.Rows
			k.Different += c.Different
		case Failed:
			k.Failed += c.Rows
		case Skipped:
			k.Skipped += c.Rows
		case Deleted:
			k.Deleted += c.Rows
		}
	}
	for _, k := range kinds {
		r.Objects = append(r.Objects, *k)
	}
	slices.SortFunc(r.Objects, func(a, b KindStatus) int {
		return cmp.Compare(slices.Index(adapters.Kinds, a.Kind), slices.Index(adapters.Kinds, b.Kind))
	})
}

// WriteText writes the report for people.
func (r *StatusReport) WriteText(w io.Writer) error {
	var failure error
	line := func(format string, args ...any) {
		if _, err := fmt.Fprintf(w, format+"\n", args...); failure == nil {
			failure = err
		}
	}
	line("%s (account %s) to %s (account %s)", r.Source, r.SourceAccount, r.Target, r.TargetAccount)
	line("  phase    %s since %s: %s answers", r.Phase, r.Changed.Format(time.DateTime), r.Answers)
	if r.Listed == nil {
		line("  listed   not yet")
	} else {
		line("  listed   %s", r.Listed.Format(time.DateTime))
	}
	line("  parity   %s", r.Parity)
	line("  writes   %d to be carried over, %d given up", r.Waiting, r.GivenUp)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "\tlisted\tcopied\tdifferent\tfailed\tskipped\tdeleted\t") // Flush tells what fails
	for _, k := range r.Objects {
		_, _ = fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", k.Kind, k.Listed, k.Copied, k.Different, k.Failed, k.Skipped, k.Deleted)
	}
	if err := t.Flush(); failure == nil {
		failure = err
	}
	for _, one := range r.Refused {
		line("  given up: %s %d written at %s on %s: %s", one.Kind, one.ID, one.At, one.Begun.Format(time.DateTime), one.Reason)
	}
	return failure
}
