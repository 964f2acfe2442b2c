package migrate

import (
	"context"
	"fmt"
	"slices"

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

// parity is that of the links by now, without those that clients have just made
// and that are on their way to the target.
func (m *Mover) parity(ctx context.Context, least float64) (Parity, error) {
	counts, err := m.Store.CountRows(ctx, m.Move.ID)
	if err != nil {
		return Parity{}, err
	}
	p := ParityOf(counts, least)
	if p.Passed() {
		return p, nil
	}
	// The copy has just left none of them, but for what it could not know of.
	left := Count{Kind: adapters.KindLink, Status: Listed}
	for filter := (Filter{Move: m.Move.ID, Kind: left.Kind, Status: left.Status}); ; {
		rows, err := m.Store.Rows(ctx, filter)
		if err != nil {
			return p, err
		}
		if len(rows) == 0 {
			break
		}
		filter.After = rows[len(rows)-1].ID
		for i := range rows {
			missing, err := m.isMissing(ctx, &rows[i])
			if err != nil {
				return p, err
			}
			if missing {
				left.Rows++
			}
		}
	}
	counts = slices.DeleteFunc(counts, func(c Count) bool { return c.Kind == left.Kind && c.Status == left.Status })
	return ParityOf(append(counts, left), least), nil
}

// isMissing reports whether nobody is bringing the listed link of a row to the
// target.
func (m *Mover) isMissing(ctx context.Context, row *Row) (bool, error) {
	waiting, err := m.Store.HasEntry(ctx, m.Move.ID, false, row.Kind, row.SourceID)
	if err != nil || waiting {
		return false, err
	}
	// Its entry may have been applied since the row was read.
	rows, err := m.Store.RowsBySource(ctx, m.Move.ID, row.Kind, []int64{row.SourceID})
	return len(rows) > 0 && rows[0].Status == Listed, err
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
