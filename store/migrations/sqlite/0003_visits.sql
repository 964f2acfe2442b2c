-- Visits. Hours and days are counted from 1970-01-01 in UTC.

ALTER TABLE link_clicks ADD COLUMN uniques INTEGER NOT NULL DEFAULT 0;

-- Visits as they were written, until they are added up. An id is never used
-- again: removing a batch by its id proves that it was this one.
CREATE TABLE visit_batches (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	-- The encoding; -1 for a batch that is damaged, and kept for inspection.
	version INTEGER NOT NULL,
	data    BLOB    NOT NULL
);

-- One row, which whoever adds batches up locks, so that one process does at a
-- time. "ticked" is when the salts last aged, in Unix milliseconds.
CREATE TABLE visit_roller (
	id     INTEGER PRIMARY KEY,
	rolls  INTEGER NOT NULL,
	ticked INTEGER NOT NULL
);

INSERT INTO visit_roller (id, rolls, ticked) VALUES (1, 0, 0);

-- These refer to link_clicks and not to links: whoever adds up locks rows of
-- link_clicks, and must not wait for somebody who deletes the link and waits
-- for these.
CREATE TABLE visits_hourly (
	link_id  INTEGER NOT NULL REFERENCES link_clicks (link_id) ON DELETE CASCADE,
	hour     INTEGER NOT NULL,
	clicks   INTEGER NOT NULL,
	uniques  INTEGER NOT NULL,
	bots     INTEGER NOT NULL,
	previews INTEGER NOT NULL,
	scans    INTEGER NOT NULL,
	PRIMARY KEY (link_id, hour)
) WITHOUT ROWID;

CREATE TABLE visits_daily (
	link_id   INTEGER NOT NULL REFERENCES link_clicks (link_id) ON DELETE CASCADE,
	day       INTEGER NOT NULL,
	dimension INTEGER NOT NULL,
	value     TEXT    NOT NULL,
	clicks    INTEGER NOT NULL,
	PRIMARY KEY (link_id, day, dimension, value)
) WITHOUT ROWID;

CREATE TABLE orphan_visits (
	domain   TEXT    NOT NULL,
	path     TEXT    NOT NULL,
	visits   INTEGER NOT NULL,
	programs INTEGER NOT NULL,
	last     INTEGER NOT NULL,
	PRIMARY KEY (domain, path)
) WITHOUT ROWID;

-- What tells the visitors of a link apart for a day: the id is a hash with the
-- day's salt. Both are deleted when the day has been over for two days.
CREATE TABLE visitors (
	day INTEGER NOT NULL,
	id  INTEGER NOT NULL,
	PRIMARY KEY (day, id)
) WITHOUT ROWID;

CREATE TABLE visit_salts (
	day  INTEGER PRIMARY KEY,
	salt BLOB    NOT NULL,
	-- For how many minutes the day has been over. It is counted while a server
	-- runs, so that a clock that jumps ages nothing.
	age  INTEGER NOT NULL
);
