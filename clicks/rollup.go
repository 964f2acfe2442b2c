package clicks

const secondsPerHour = 60 * 60

// Rollup is what batches add up to. It is for one goroutine.
type Rollup struct {
	// Visits is the number of visits.
	Visits int

	// Hours are the visits per link and hour. Uniques are not known yet: they
	// follow from which of Visitors are new.
	Hours map[HourKey]Counts

	// Days are the clicks per link, day and value of a dimension.
	Days map[DayKey]int64

	// Visitors are those who clicked, each with the hour that its first click
	// fell into.
	Visitors map[VisitorKey]HourKey

	// Orphans are the visits of paths that are no links.
	Orphans map[OrphanKey]OrphanCounts

	records []record
}

// HourKey is a link in an hour, counted from 1970-01-01 in UTC.
type HourKey struct{ LinkID, Hour int64 }

// DayKey is a value of a dimension of a link on a day in UTC.
type DayKey struct {
	LinkID, Day int64
	Dimension   Dimension
	Value       string
}

// VisitorKey is a visitor of a link on a day in UTC.
type VisitorKey struct {
	Day int64
	ID  int64
}

// OrphanKey is a path of a domain.
type OrphanKey struct{ Domain, Path string }

// OrphanCounts are the visits of an orphan, Last being in Unix seconds.
type OrphanCounts struct{ Visits, Programs, Last int64 }

// NewRollup returns an empty rollup.
func NewRollup() *Rollup {
	return &Rollup{
		Hours:    map[HourKey]Counts{},
		Days:     map[DayKey]int64{},
		Visitors: map[VisitorKey]HourKey{},
		Orphans:  map[OrphanKey]OrphanCounts{},
	}
}

// Add adds a batch of version BatchVersion. It adds nothing of one that is
// damaged.
func (r *Rollup) Add(batch []byte) error {
	records, err := decode(batch, r.records)
	if err != nil {
		return err
	}
	r.records = records
	for i := range records {
		if v := &records[i]; v.linkID == 0 {
			r.addOrphan(v)
		} else {
			r.addVisit(v)
		}
	}
	r.Visits += len(records)
	clear(records)
	return nil
}

// Rows is the number of rows that the rollup changes.
func (r *Rollup) Rows() int {
	return 2*len(r.Hours) + len(r.Days) + len(r.Visitors) + len(r.Orphans)
}

func (r *Rollup) addVisit(v *record) {
	hour := HourKey{LinkID: v.linkID, Hour: floorDiv(v.at, secondsPerHour)}
	counts := r.Hours[hour]
	switch v.kind {
	case Bot:
		counts.Bots++
	case Preview:
		counts.Previews++
	case Scan:
		counts.Scans++
		counts.Clicks++
	default:
		counts.Clicks++
	}
	r.Hours[hour] = counts
	if !v.counted() {
		return
	}
	day := floorDiv(v.at, secondsPerDay)
	for d, value := range v.values {
		// Without a referrer a click is direct; of other dimensions nothing
		// means unknown, which is what remains of all clicks.
		if value != "" || Dimension(d) == Referrers {
			r.Days[DayKey{LinkID: v.linkID, Day: day, Dimension: Dimension(d), Value: value}]++
		}
	}
	visitor := VisitorKey{Day: day, ID: v.visitor}
	if first, known := r.Visitors[visitor]; !known || hour.Hour < first.Hour {
		r.Visitors[visitor] = hour
	}
}

func (r *Rollup) addOrphan(v *record) {
	key := OrphanKey{Domain: v.domain, Path: v.path}
	counts := r.Orphans[key]
	if v.kind == Human || v.kind == Scan {
		counts.Visits++
	} else {
		counts.Programs++
	}
	if counts.Visits+counts.Programs == 1 || v.at > counts.Last {
		counts.Last = v.at
	}
	r.Orphans[key] = counts
}
