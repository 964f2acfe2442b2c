-- What belongs to an account beside its links, and what links refer to.

CREATE TABLE campaigns (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	account TEXT    NOT NULL,
	name    TEXT    NOT NULL,
	slug    TEXT    NOT NULL DEFAULT '',
	public  BOOLEAN NOT NULL DEFAULT FALSE,
	search  TEXT    NOT NULL,
	created INTEGER NOT NULL
);

CREATE INDEX campaigns_by_account ON campaigns (account, id);
CREATE UNIQUE INDEX campaigns_slug ON campaigns (slug) WHERE slug <> '';

CREATE TABLE channels (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	account     TEXT    NOT NULL,
	name        TEXT    NOT NULL,
	description TEXT    NOT NULL DEFAULT '',
	color       TEXT    NOT NULL DEFAULT '',
	starred     BOOLEAN NOT NULL DEFAULT FALSE,
	search      TEXT    NOT NULL,
	created     INTEGER NOT NULL
);

CREATE INDEX channels_by_account ON channels (account, id);

-- A QR code is in a channel by its link.
CREATE TABLE channel_items (
	channel_id INTEGER NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
	link_id    INTEGER NOT NULL REFERENCES links (id) ON DELETE CASCADE,
	added      INTEGER NOT NULL,
	PRIMARY KEY (link_id, channel_id)
) WITHOUT ROWID;

CREATE INDEX channel_items_by_channel ON channel_items (channel_id, added, link_id);

CREATE TABLE domains (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	account       TEXT    NOT NULL,
	host          TEXT    NOT NULL UNIQUE,
	scheme        TEXT    NOT NULL,
	redirect_root TEXT    NOT NULL,
	redirect_404  TEXT    NOT NULL,
	search        TEXT    NOT NULL,
	created       INTEGER NOT NULL
);

CREATE INDEX domains_by_account ON domains (account, id);

INSERT INTO revisions (name, value) VALUES ('domains', 0);

CREATE TABLE pixels (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	account TEXT    NOT NULL,
	type    TEXT    NOT NULL,
	name    TEXT    NOT NULL,
	tag     TEXT    NOT NULL,
	search  TEXT    NOT NULL,
	created INTEGER NOT NULL,
	UNIQUE (account, type, tag)
);

CREATE INDEX pixels_by_account ON pixels (account, id);

-- Which links have a pixel, for its delete; a visit reads the options.
CREATE TABLE link_pixels (
	pixel_id INTEGER NOT NULL REFERENCES pixels (id) ON DELETE CASCADE,
	link_id  INTEGER NOT NULL REFERENCES links (id) ON DELETE CASCADE,
	PRIMARY KEY (link_id, pixel_id)
) WITHOUT ROWID;

CREATE INDEX link_pixels_by_pixel ON link_pixels (pixel_id, link_id);

CREATE TABLE splash_pages (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	account TEXT    NOT NULL,
	name    TEXT    NOT NULL,
	title   TEXT    NOT NULL,
	message TEXT    NOT NULL,
	image   TEXT    NOT NULL,
	button  TEXT    NOT NULL,
	counter INTEGER NOT NULL,
	search  TEXT    NOT NULL,
	created INTEGER NOT NULL
);

CREATE INDEX splash_pages_by_account ON splash_pages (account, id);

CREATE TABLE overlays (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	account    TEXT    NOT NULL,
	name       TEXT    NOT NULL,
	type       TEXT    NOT NULL,
	message    TEXT    NOT NULL,
	label      TEXT    NOT NULL,
	button     TEXT    NOT NULL,
	link       TEXT    NOT NULL,
	email      TEXT    NOT NULL,
	position   TEXT    NOT NULL,
	background TEXT    NOT NULL,
	foreground TEXT    NOT NULL,
	search     TEXT    NOT NULL,
	created    INTEGER NOT NULL
);

CREATE INDEX overlays_by_account ON overlays (account, id);

-- The first version took any number for a campaign and a channel. Each number
-- becomes an object of the account. Its id stays, save where two accounts have
-- used the same number, or one so large that the next would be out of range.
UPDATE links SET campaign = 0 WHERE campaign < 0;

INSERT INTO campaigns (id, account, name, search, created)
	SELECT campaign, MIN(account), 'Campaign ' || campaign, 'campaign ' || campaign, MIN(created)
	FROM links WHERE campaign BETWEEN 1 AND 1000000000 GROUP BY campaign;
INSERT INTO campaigns (account, name, search, created)
	SELECT l.account, 'Campaign ' || l.campaign, 'campaign ' || l.campaign, MIN(l.created)
	FROM links l WHERE l.campaign > 0 AND NOT EXISTS (
		SELECT 1 FROM campaigns o WHERE o.account = l.account AND o.name = 'Campaign ' || l.campaign)
	GROUP BY l.campaign, l.account ORDER BY l.campaign, l.account;
UPDATE links SET campaign = (SELECT o.id FROM campaigns o
	WHERE o.account = links.account AND o.name = 'Campaign ' || links.campaign) WHERE campaign > 0;

INSERT INTO channels (id, account, name, search, created)
	SELECT channel, MIN(account), 'Channel ' || channel, 'channel ' || channel, MIN(created)
	FROM links WHERE channel BETWEEN 1 AND 1000000000 GROUP BY channel;
INSERT INTO channels (account, name, search, created)
	SELECT l.account, 'Channel ' || l.channel, 'channel ' || l.channel, MIN(l.created)
	FROM links l WHERE l.channel > 0 AND NOT EXISTS (
		SELECT 1 FROM channels o WHERE o.account = l.account AND o.name = 'Channel ' || l.channel)
	GROUP BY l.channel, l.account ORDER BY l.channel, l.account;
INSERT INTO channel_items (channel_id, link_id, added)
	SELECT o.id, l.id, l.created
	FROM links l JOIN channels o ON o.account = l.account AND o.name = 'Channel ' || l.channel
	WHERE l.channel > 0;

ALTER TABLE links DROP COLUMN channel;
ALTER TABLE links ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE links ADD COLUMN external_id TEXT NOT NULL DEFAULT '';

-- A hash of account, domain and destination where nothing else was asked for,
-- else NULL. Every create that has one writes a page of the index more.
ALTER TABLE links ADD COLUMN reuse_key INTEGER;

DROP INDEX links_by_date;
CREATE INDEX links_by_date ON links (account, kind, id);
CREATE UNIQUE INDEX links_external_id ON links (account, external_id) WHERE external_id <> '';
CREATE INDEX links_by_reuse ON links (reuse_key) WHERE reuse_key IS NOT NULL;
CREATE INDEX links_by_campaign ON links (campaign, id) WHERE campaign <> 0;
CREATE INDEX links_by_type ON links (type) WHERE type <> 'direct';

CREATE TABLE qr_codes (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	account TEXT    NOT NULL,
	link_id INTEGER NOT NULL UNIQUE REFERENCES links (id) ON DELETE CASCADE
);

CREATE INDEX qr_codes_by_account ON qr_codes (account, id);

CREATE TABLE uploads (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	account TEXT    NOT NULL,
	link_id INTEGER NOT NULL UNIQUE REFERENCES links (id) ON DELETE CASCADE
);

CREATE INDEX uploads_by_account ON uploads (account, id);

-- Visits that were taken from what a link allows.
CREATE TABLE link_limits (
	link_id INTEGER PRIMARY KEY REFERENCES links (id) ON DELETE CASCADE,
	taken   INTEGER NOT NULL
);

-- Requests that clients promise to be one request, with what the first made.
CREATE TABLE once (
	account     TEXT    NOT NULL,
	request_key TEXT    NOT NULL,
	fingerprint BLOB    NOT NULL,
	kind        TEXT    NOT NULL,
	object_id   INTEGER NOT NULL,
	created     INTEGER NOT NULL,
	PRIMARY KEY (account, request_key)
) WITHOUT ROWID;

CREATE INDEX once_by_date ON once (created);

-- Addresses whose links have changed, for other processes; kept for an hour.
-- The first id is used up, so that a reader's cursor is never 0.
CREATE TABLE link_changes (
	id     INTEGER PRIMARY KEY AUTOINCREMENT,
	domain TEXT    NOT NULL,
	alias  TEXT    NOT NULL,
	at     INTEGER NOT NULL
);

CREATE INDEX link_changes_by_date ON link_changes (at);

INSERT INTO link_changes (domain, alias, at) VALUES ('', '', 0);

-- What tells this database from any other; 0 until it is first asked for.
INSERT INTO revisions (name, value) VALUES ('instance', 0);
