package records

import "slices"

// leftOut is what an id becomes whose object was not imported; planned one that
// would be, were it not for a dry run.
const (
	leftOut = 0
	planned = -1
)

// idMap tells which id of the store an id of the file has become. What an export
// has, in ascending order and mostly side by side, takes little memory.
type idMap struct {
	runs []idRun
	// rest are those that came out of order.
	rest map[int64]int64
}

// idRun are n ids that follow each other in the file. So do those in the store,
// or all have become the same where that is leftOut or planned.
type idRun struct{ from, to, n int64 }

func (m *idMap) add(from, to int64) {
	if from <= 0 {
		return // nothing can refer to it
	}
	if k := len(m.runs) - 1; k >= 0 {
		last := &m.runs[k]
		if from < last.from+last.n {
			if m.rest == nil {
				m.rest = map[int64]int64{}
			}
			m.rest[from] = to
			return
		}
		if from == last.from+last.n && (to == last.to+last.n && last.to > 0 || to == last.to && to <= 0) {
			last.n++
			return
		}
	}
	m.runs = append(m.runs, idRun{from, to, 1})
}

// get returns what the id has become, and whether it was in the file.
func (m *idMap) get(from int64) (to int64, known bool) {
	if to, known = m.rest[from]; known {
		return to, true
	}
	i, found := slices.BinarySearchFunc(m.runs, from, func(r idRun, id int64) int {
		switch {
		case id < r.from:
			return 1
		case id >= r.from+r.n:
			return -1
		}
		return 0
	})
	if !found {
		return 0, false
	}
	r := m.runs[i]
	if r.to <= 0 {
		return r.to, true
	}
	return r.to + from - r.from, true
}
