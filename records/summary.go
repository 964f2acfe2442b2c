package records

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Summary is what an import came to.
type Summary struct {
	// Records is how many were read, contents of files included.
	Records int64

	// Notices is how many of them were changed on their way.
	Notices int64

	counts map[Kind]*[states]int64
}

func (s *Summary) count(kind Kind, state State) {
	if s.counts == nil {
		s.counts = map[Kind]*[states]int64{}
	}
	c := s.counts[kind]
	if c == nil {
		c = &[states]int64{}
		s.counts[kind] = c
	}
	c[state]++
}

// Count returns how many records of a kind, or of all where it is empty, came to
// the state.
func (s *Summary) Count(kind Kind, state State) (n int64) {
	for k, c := range s.counts {
		if k == kind || kind == "" {
			n += c[state]
		}
	}
	return n
}

// WriteText writes the numbers as a table.
func (s *Summary) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(name string, c *[states]int64) error {
		_, err := fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t\n", name, c[Added], c[Same], c[Replaced], c[Skipped], c[Failed])
		return err
	}
	if _, err := fmt.Fprintf(t, "\t%s\t%s\t%s\t%s\t%s\t\n", Added, Same, Replaced, Skipped, Failed); err != nil {
		return err
	}
	for _, m := range makers {
		if c := s.counts[m.kind]; c != nil {
			if err := line(string(m.kind), c); err != nil {
				return err
			}
		}
	}
	if c := s.counts[""]; c != nil {
		if err := line("(unreadable)", c); err != nil {
			return err
		}
	}
	return t.Flush()
}
