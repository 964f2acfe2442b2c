package migrate

import (
	"fmt"

	"github.com/linkquay/linkquay/adapters"
)

// Parity is how much alike the links of two sides are.
type Parity struct {
	// Links are all that the source has. Of these, Alike are at the target and
	// were found to mean the same, Different to differ, and Missing are not there.
	// The rest was not compared.
	Links     int `json:"links"`
	Alike     int `json:"alike"`
	Different int `json:"different"`
	Missing   int `json:"missing"`

	// Percent is the share of Alike in Links, and Min what it is to be at least.
	Percent float64 `json:"percent"`
	Min     float64 `json:"min"`
}

// ParityOf returns the parity of a move with such rows.
func ParityOf(counts []Count, least float64) Parity {
	p := Parity{Min: least}
	for _, c := range counts {
		if c.Kind != adapters.KindLink || c.Status == Deleted {
			continue
		}
		p.Links += c.Rows
		if c.Status != Copied {
			p.Missing += c.Rows
			continue
		}
		p.Alike += c.Same
		p.Different += c.Different
	}
	p.Percent = 100
	if p.Links > 0 {
		p.Percent = 100 * float64(p.Alike) / float64(p.Links)
	}
	return p
}

// Passed reports whether the target may answer.
func (p Parity) Passed() bool { return p.Percent >= p.Min }

// String is a clause for people.
func (p Parity) String() string {
	s := fmt.Sprintf("%d of %d links are alike at both sides (%.4g%%, and %.4g%% are needed)", p.Alike, p.Links, p.Percent, p.Min)
	if p.Different > 0 {
		s += fmt.Sprintf("; %d differ", p.Different)
	}
	if p.Missing > 0 {
		s += fmt.Sprintf("; %d are not at the target", p.Missing)
	}
	return s
}
