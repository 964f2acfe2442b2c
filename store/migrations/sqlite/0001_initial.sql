-- Moments are Unix milliseconds; NULL means "not set". Text is compared byte
-- by byte. "search" holds what a search looks through, case-folded.

CREATE TABLE accounts (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	name          TEXT    NOT NULL UNIQUE,
	email         TEXT    NOT NULL DEFAULT '',
	password_hash TEXT    NOT NULL DEFAULT '',
	registered    INTEGER NOT NULL
);

CREATE TABLE links (
	id               INTEGER PRIMARY KEY AUTOINCREMENT,
	account          TEXT    NOT NULL,
	domain           TEXT    NOT NULL,
	alias            TEXT    NOT NULL,
	url              TEXT    NOT NULL,
	type             TEXT    NOT NULL,
	password_hash    TEXT    NOT NULL,
	expires          INTEGER,
	public           BOOLEAN NOT NULL,
	meta_title       TEXT    NOT NULL,
	meta_description TEXT    NOT NULL,
	meta_image       TEXT    NOT NULL,
	description      TEXT    NOT NULL,
	campaign         INTEGER NOT NULL,
	channel          INTEGER NOT NULL,
	options          TEXT    NOT NULL,
	created          INTEGER NOT NULL,
	updated          INTEGER NOT NULL,
	search           TEXT    NOT NULL,
	UNIQUE (domain, alias)
);

CREATE INDEX links_by_date ON links (account, id);

-- One row per link, apart from it: a flush of visits then writes a page for
-- some hundred links instead of one for each. An index by clicks would make a
-- flush three times as slow; without it, sorting costs 0.4 µs a link.
CREATE TABLE link_clicks (
	link_id INTEGER PRIMARY KEY REFERENCES links (id) ON DELETE CASCADE,
	clicks  INTEGER NOT NULL
);

CREATE TABLE ledger (
	id        INTEGER PRIMARY KEY AUTOINCREMENT,
	account   TEXT    NOT NULL,
	backend   TEXT    NOT NULL,
	remote_id TEXT    NOT NULL,
	alias     TEXT    NOT NULL,
	short_url TEXT    NOT NULL,
	-- The short URL without its scheme and with its host in lower case.
	short_key TEXT    NOT NULL,
	title     TEXT    NOT NULL,
	long_url  TEXT    NOT NULL,
	document  BLOB,
	created   INTEGER NOT NULL,
	completed INTEGER,
	search    TEXT    NOT NULL
);

CREATE INDEX ledger_by_date ON ledger (account, backend, id) WHERE completed IS NOT NULL;
CREATE INDEX ledger_by_short ON ledger (account, backend, short_key, id) WHERE completed IS NOT NULL;
CREATE INDEX ledger_by_alias ON ledger (account, backend, alias, id) WHERE completed IS NOT NULL;
CREATE INDEX ledger_pending ON ledger (backend, created) WHERE completed IS NULL;

CREATE TABLE keys (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	name          TEXT    NOT NULL,
	hash          BLOB    NOT NULL UNIQUE,
	account       TEXT    NOT NULL,
	backend       TEXT    NOT NULL,
	scopes        INTEGER NOT NULL,
	-- NULL means the configured default; 0 requests means no limit.
	rate_requests INTEGER,
	rate_window   INTEGER,
	created       INTEGER,
	expires       INTEGER,
	revoked       INTEGER
);

CREATE UNIQUE INDEX keys_name ON keys (name) WHERE revoked IS NULL;

-- A number that changes with every change of what is named, so that another
-- process can tell cheaply that there is something to read.
CREATE TABLE revisions (
	name  TEXT    PRIMARY KEY,
	value INTEGER NOT NULL
);

INSERT INTO revisions (name, value) VALUES ('keys', 0);
