package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

const (
	// saltTick is how many minutes lie between two calls of ForgetVisitors, and
	// saltAge for how many a salt outlives its day.
	saltTick = 10
	saltAge  = 48 * 60

	// forgetRows is how many visitors one call forgets.
	forgetRows = 5000
)

// ForgetVisitors ages the salts of all days but the present one, at most every
// ten minutes, and deletes those that are too old; then it deletes some of the
// visitors that belong to none. The clock only tells which day it is: a day
// ages by the time that servers run, so that a clock that is wrong for a while
// does not let the present day be forgotten.
func (s *Store) ForgetVisitors(ctx context.Context) (more bool, err error) {
	now := s.now().UTC()
	today := now.Truncate(24*time.Hour).Unix() / (24 * 60 * 60)
	// A little less than the interval, since nobody is punctual; also from the
	// future, since the clock may have been wrong then.
	since, until := now.Add(-(saltTick-1)*time.Minute).UnixMilli(), now.Add(time.Minute).UnixMilli()
	err = s.writer.do(ctx, func(tx *session) error {
		more = false
		err := oneRow(tx.exec("UPDATE visit_roller SET ticked = ? WHERE id = 1 AND (ticked <= ? OR ticked > ?)",
			now.UnixMilli(), since, until))
		if err == nil {
			err = ageSalts(tx, today)
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		more, err = forgetVisitors(tx)
		return err
	})
	return more, codedError("forgetting visitors", err)
}

func ageSalts(tx *session, today int64) error {
	if _, err := tx.exec("UPDATE visit_salts SET age = CASE WHEN day = ? THEN 0 ELSE age + ? END", today, saltTick); err != nil {
		return err
	}
	_, err := tx.exec("DELETE FROM visit_salts WHERE age >= ?", saltAge)
	return err
}

// forgetVisitors deletes visitors of one day without a salt.
func forgetVisitors(tx *session) (more bool, err error) {
	day, err := dayWithoutSalt(tx)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = tx.exec("DELETE FROM visitors WHERE day = ? AND id IN (SELECT id FROM visitors WHERE day = ? ORDER BY id LIMIT ?)",
		day, day, forgetRows)
	return true, err
}

// dayWithoutSalt goes from day to day: there may be millions of visitors.
func dayWithoutSalt(tx *session) (int64, error) {
	var day sql.NullInt64
	err := tx.queryRow("SELECT MIN(day) FROM visitors").Scan(&day)
	for err == nil && day.Valid {
		var salts int
		err = tx.queryRow("SELECT COUNT(*) FROM visit_salts WHERE day = ?", day.Int64).Scan(&salts)
		if err != nil || salts == 0 {
			return day.Int64, err
		}
		err = tx.queryRow("SELECT MIN(day) FROM visitors WHERE day > ?", day.Int64).Scan(&day)
	}
	if err == nil {
		err = sql.ErrNoRows
	}
	return 0, err
}
