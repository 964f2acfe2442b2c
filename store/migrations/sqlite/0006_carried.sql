-- Visits that were counted elsewhere, before the link came here.
ALTER TABLE link_clicks ADD COLUMN carried         INTEGER NOT NULL DEFAULT 0;
ALTER TABLE link_clicks ADD COLUMN carried_uniques INTEGER NOT NULL DEFAULT 0;

-- What was made elsewhere has a date that its id says nothing of.
CREATE INDEX links_by_created ON links (account, kind, created, id);
