-- Addresses on branded domains that a link was taken away from: none is taken
-- over there from where the domain's links were before.
CREATE TABLE retired (
	domain TEXT NOT NULL,
	alias  TEXT NOT NULL,
	PRIMARY KEY (domain, alias)
) WITHOUT ROWID;
