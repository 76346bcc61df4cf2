-- Which advisories touch which releases; each is told of once.
CREATE TABLE release_advisories (
    project    TEXT   NOT NULL,
    version    TEXT   NOT NULL,
    -- The advisory's id.
    advisory   TEXT   NOT NULL,
    -- One line.
    summary    TEXT   NOT NULL,
    noticed_us BIGINT NOT NULL,
    PRIMARY KEY (project, version, advisory)
);

CREATE INDEX release_advisories_by_time ON release_advisories (noticed_us);

-- What moderators look at: few rows of many.
CREATE INDEX files_quarantined ON files (project, version) WHERE state = 'quarantined';
CREATE INDEX release_events_moderated ON release_events (created_us)
    WHERE event NOT IN ('published', 'rejected', 'yanked', 'unyanked', 'advisory');

-- Lists show what isn't looked after as usual.
ALTER TABLE search_documents ADD COLUMN status TEXT NOT NULL DEFAULT 'active';

UPDATE search_documents SET status = COALESCE(
    (SELECT projects.status FROM projects WHERE projects.name = search_documents.name), 'active');
