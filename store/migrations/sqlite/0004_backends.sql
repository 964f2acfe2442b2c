-- What remote backends need: which creates are in doubt, and their numbers.

-- A SHA-256 of what was sent, without passwords; NULL for none.
ALTER TABLE ledger ADD COLUMN fingerprint BLOB;
-- Since when nobody knows what came of an intent.
ALTER TABLE ledger ADD COLUMN doubtful INTEGER;

CREATE INDEX ledger_in_doubt ON ledger (fingerprint, id) WHERE completed IS NULL;

-- A number is part of ids that clients keep, and is never used again.
CREATE TABLE backends (
	id   INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE
);

-- Random values of this database that nobody else may know.
CREATE TABLE secrets (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
);
