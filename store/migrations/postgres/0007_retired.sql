-- Addresses on branded domains that a link was taken away from: none is taken
-- over there from where the domain's links were before.
CREATE TABLE retired (
	domain TEXT COLLATE "C" NOT NULL,
	alias  TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (domain, alias)
);
