-- Moves of links from one backend to another.

CREATE TABLE moves (
	id             INTEGER PRIMARY KEY AUTOINCREMENT,
	source         TEXT    NOT NULL,
	target         TEXT    NOT NULL,
	source_account TEXT    NOT NULL,
	target_account TEXT    NOT NULL,
	domain         TEXT    NOT NULL,
	phase          TEXT    NOT NULL,
	listed         INTEGER,
	-- Kinds and ids, in JSON.
	cursors        TEXT    NOT NULL,
	created        INTEGER NOT NULL,
	changed        INTEGER NOT NULL,
	-- Who applies entries, and until when by the database's clock.
	lease_holder   TEXT    NOT NULL DEFAULT '',
	lease_until    INTEGER NOT NULL DEFAULT 0,
	UNIQUE (source, target, source_account, target_account)
);

-- The id map: which object of the target is which of the source. An id that is
-- not known is NULL.
CREATE TABLE move_rows (
	id        INTEGER PRIMARY KEY AUTOINCREMENT,
	move_id   INTEGER NOT NULL REFERENCES moves (id),
	kind      TEXT    NOT NULL,
	source_id INTEGER,
	target_id INTEGER,
	at_target BOOLEAN NOT NULL,
	short_url TEXT    NOT NULL,
	status    TEXT    NOT NULL,
	error     TEXT    NOT NULL,
	attempts  INTEGER NOT NULL,
	-- Names of fields in JSON, empty for none.
	different TEXT    NOT NULL,
	compared  INTEGER,
	-- 0: not compared, 1: alike, 2: different.
	verdict   INTEGER NOT NULL,
	-- A hash in hexadecimal, empty for none.
	listing   TEXT    NOT NULL,
	UNIQUE (move_id, kind, source_id),
	UNIQUE (move_id, kind, target_id)
);

-- Pages of rows by whatever they are chosen by, and the counts of all.
CREATE INDEX move_rows_in_order ON move_rows (move_id, id, kind, status, verdict);

-- Writes that the other side does not have yet. An id is never used again: they
-- are the order.
CREATE TABLE move_entries (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	move_id       INTEGER NOT NULL REFERENCES moves (id),
	at_target     BOOLEAN NOT NULL,
	kind          TEXT    NOT NULL,
	object        INTEGER NOT NULL,
	document      BLOB,
	password_hash TEXT    NOT NULL,
	begun         INTEGER NOT NULL,
	ready         BOOLEAN NOT NULL,
	attempts      INTEGER NOT NULL,
	error         TEXT    NOT NULL,
	given_up      BOOLEAN NOT NULL
);

CREATE INDEX move_entries_in_order ON move_entries (move_id, given_up, id);

-- The older entries of an object, which a newer one takes the place of.
CREATE INDEX move_entries_by_object ON move_entries (object, kind, move_id, at_target);

INSERT INTO revisions (name, value) VALUES ('moves', 0);
