-- Visits that were counted elsewhere, before the link came here.
ALTER TABLE link_clicks ADD COLUMN carried         INTEGER NOT NULL DEFAULT 0;
ALTER TABLE link_clicks ADD COLUMN carried_uniques INTEGER NOT NULL DEFAULT 0;
