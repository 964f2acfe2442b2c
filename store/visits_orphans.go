package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/linkquay/linkquay/clicks"
)

var (
	updateOrphans = newRowStatement("WITH v (domain, path, visits, programs, last) AS (VALUES ",
		"(CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT))",
		`) UPDATE orphan_visits SET visits = orphan_visits.visits + v.visits, programs = orphan_visits.programs + v.programs,
		last = CASE WHEN v.last > orphan_visits.last THEN v.last ELSE orphan_visits.last END
		FROM v WHERE orphan_visits.domain = v.domain AND orphan_visits.path = v.path
		RETURNING orphan_visits.domain, orphan_visits.path`)

	addOrphans = newRowStatement("INSERT INTO orphan_visits (domain, path, visits, programs, last) VALUES ", "(?, ?, ?, ?, ?)",
		` ON CONFLICT (domain, path) DO UPDATE SET visits = orphan_visits.visits + excluded.visits,
		programs = orphan_visits.programs + excluded.programs,
		last = CASE WHEN excluded.last > orphan_visits.last THEN excluded.last ELSE orphan_visits.last END`)
)

// addOrphans adds visits of paths that are no links. A path that is not known
// yet gets a row of its own if a human asked for it and there is room.
func (r roll) addOrphans(tx *session) error {
	if len(r.sum.Orphans) == 0 {
		return nil
	}
	rest := maps.Clone(r.sum.Orphans)
	err := updateOrphans.query(tx, orphanArgs(rest), func(row row) error {
		var key clicks.OrphanKey
		err := row.Scan(&key.Domain, &key.Path)
		delete(rest, key)
		return err
	})
	if err != nil || len(rest) == 0 {
		return err
	}
	rows := orphanRows{domains: -1, paths: map[string]int64{}}
	fresh := map[clicks.OrphanKey]clicks.OrphanCounts{}
	for _, key := range sortedOrphans(rest) {
		counts := rest[key]
		key, err := rows.rowFor(tx, key, counts.Visits > 0)
		if err != nil {
			return err
		}
		counts.Visits += fresh[key].Visits
		counts.Programs += fresh[key].Programs
		counts.Last = max(counts.Last, fresh[key].Last)
		fresh[key] = counts
	}
	_, err = addOrphans.exec(tx, orphanArgs(fresh))
	return err
}

// orphanRows knows how many rows there are.
type orphanRows struct {
	domains int64            // -1 where nobody has asked
	paths   map[string]int64 // by domain, of those asked for
}

// countDomains goes from domain to domain, of which there may be a thousand
// with a thousand paths each.
const countDomains = `WITH RECURSIVE d (domain) AS (SELECT MIN(domain) FROM orphan_visits
	UNION ALL SELECT (SELECT MIN(o.domain) FROM orphan_visits o WHERE o.domain > d.domain) FROM d WHERE d.domain IS NOT NULL)
	SELECT COUNT(domain) FROM d`

// rowFor returns the row that visits of the path are counted in.
func (o *orphanRows) rowFor(tx *session, key clicks.OrphanKey, human bool) (clicks.OrphanKey, error) {
	paths, known := o.paths[key.Domain]
	if !known {
		if err := tx.queryRow("SELECT COUNT(*) FROM orphan_visits WHERE domain = ?", key.Domain).Scan(&paths); err != nil {
			return key, err
		}
	}
	if paths == 0 && key.Domain != "" {
		if o.domains < 0 {
			if err := tx.queryRow(countDomains).Scan(&o.domains); err != nil {
				return key, err
			}
		}
		if o.domains >= clicks.MaxOrphanDomains {
			return clicks.OrphanKey{}, nil
		}
		o.domains++
	}
	// One row more than there are paths is for the rest.
	if !human || paths >= clicks.MaxOrphanPaths {
		key.Path = ""
	}
	if key.Path != "" || paths == 0 {
		paths++
	}
	o.paths[key.Domain] = paths
	return key, nil
}

func sortedOrphans(orphans map[clicks.OrphanKey]clicks.OrphanCounts) []clicks.OrphanKey {
	return slices.SortedFunc(maps.Keys(orphans), func(a, b clicks.OrphanKey) int {
		return cmp.Or(cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Path, b.Path))
	})
}

func orphanArgs(orphans map[clicks.OrphanKey]clicks.OrphanCounts) []any {
	args := make([]any, 0, addOrphans.width*len(orphans))
	for _, key := range sortedOrphans(orphans) {
		c := orphans[key]
		args = append(args, key.Domain, key.Path, c.Visits, c.Programs, c.Last)
	}
	return args
}

// Orphans returns paths that were asked for and are no links, those with the
// most visits first, and how many there are. Those on branded domains of other
// accounts are left out.
func (s *Store) Orphans(ctx context.Context, account string, limit, offset int) (orphans []clicks.Orphan, total int, err error) {
	const from = ` FROM orphan_visits o
		WHERE NOT EXISTS (SELECT 1 FROM domains d WHERE d.host = o.domain AND d.account <> ?)`
	err = s.readPage(ctx, page{
		count: "SELECT COUNT(*)" + from,
		query: "SELECT domain, path, visits, programs, last" + from + " ORDER BY visits DESC, domain, path",
		args:  []any{account}, limit: limit, offset: offset,
	}, &total, func(r row) error {
		var o clicks.Orphan
		var last int64
		if err := r.Scan(&o.Domain, &o.Path, &o.Visits, &o.Programs, &last); err != nil {
			return err
		}
		o.Last = time.Unix(last, 0).UTC()
		orphans = append(orphans, o)
		return nil
	})
	if err != nil {
		return nil, 0, codedError("listing orphans", err)
	}
	return orphans, total, nil
}
