-- What was uploaded and how it was judged. A published upload has a row in files as well; a rejected
-- one stays here with its reasons, and its name is free again.
CREATE TABLE uploads (
    id              TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    filename        TEXT   COLLATE "C" NOT NULL,
    project         TEXT   COLLATE "C" NOT NULL,
    version         TEXT   COLLATE "C" NOT NULL,
    filetype        TEXT   NOT NULL CHECK (filetype IN ('bdist_wheel', 'sdist')),
    sha256          TEXT   NOT NULL,
    size_bytes      BIGINT NOT NULL,
    -- JSON list of attestations as given (PEP 740).
    attestations    TEXT,
    -- receiving: being put into the storage. quarantined: waits for its verdict.
    state           TEXT   NOT NULL
        CHECK (state IN ('receiving', 'quarantined', 'published', 'rejected')),
    -- 1 while its bytes are in the storage, or may be.
    stored          BIGINT NOT NULL DEFAULT 1,
    -- JSON list of {id, message, hint}: why it was rejected.
    reasons         TEXT   NOT NULL DEFAULT '[]',
    -- JSON: everything the judge found.
    report          TEXT   NOT NULL DEFAULT '{}',
    uploaded_us     BIGINT NOT NULL,
    uploaded_by     TEXT   NOT NULL,
    judged_us       BIGINT
);

-- The arbiter between uploads of one name at the same time.
CREATE UNIQUE INDEX uploads_one_waits ON uploads (filename) WHERE state = 'quarantined';
CREATE INDEX uploads_of_project ON uploads (project, uploaded_us);
CREATE INDEX uploads_leftovers ON uploads (state, stored, uploaded_us);
CREATE INDEX uploads_at ON uploads (sha256, filename);

-- Only listed files are in the index and can be fetched.
ALTER TABLE files ADD COLUMN state TEXT NOT NULL DEFAULT 'listed'
    CHECK (state IN ('listed', 'quarantined', 'withdrawn'));
ALTER TABLE files ADD COLUMN state_reason TEXT;
-- Not null means yanked (PEP 592); may be empty.
ALTER TABLE files ADD COLUMN yanked_reason TEXT;
-- Which rules have judged it last.
ALTER TABLE files ADD COLUMN judged_by TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN has_provenance BIGINT NOT NULL DEFAULT 0;

CREATE INDEX files_judged_by ON files (judged_by);

CREATE TABLE provenance (
    filename     TEXT   COLLATE "C" NOT NULL PRIMARY KEY REFERENCES files (filename),
    attestations TEXT NOT NULL
);

-- PEP 792.
ALTER TABLE projects ADD COLUMN status TEXT NOT NULL DEFAULT 'active'
    CHECK (status IN ('active', 'archived', 'deprecated', 'quarantined'));
ALTER TABLE projects ADD COLUMN status_reason TEXT;
-- 1 while at least one file of it is listed.
ALTER TABLE projects ADD COLUMN listed BIGINT NOT NULL DEFAULT 1;

-- Pages as they are served, written with what they tell. Both forms have one key.
CREATE TABLE index_pages (
    project TEXT   COLLATE "C" NOT NULL PRIMARY KEY REFERENCES projects (name),
    key     TEXT   COLLATE "C" NOT NULL,
    -- The version of the emitter: another one writes the page anew.
    emitter TEXT NOT NULL,
    json    TEXT NOT NULL,
    html    TEXT NOT NULL
);

CREATE TABLE settings (
    name  TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Changes whenever a project appears in the list of all projects or goes from it.
INSERT INTO settings (name, value) VALUES ('project_list', 'first');

-- What happened to releases and projects, for their publishers, for feeds and for audits.
CREATE TABLE release_events (
    id         TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    project    TEXT   COLLATE "C" NOT NULL,
    -- Empty for what concerns the whole project.
    version    TEXT   COLLATE "C" NOT NULL,
    -- Empty for what concerns the whole release.
    filename   TEXT   COLLATE "C" NOT NULL,
    event      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    -- Who did it: the id of a token, `operator` for the command line, `judge` for the scan.
    actor      TEXT   NOT NULL,
    created_us BIGINT NOT NULL
);

CREATE INDEX release_events_of_project ON release_events (project, created_us);

-- Who changes what is stored under a name has its row here until the transaction ends; none stays.
CREATE TABLE storage_locks (
    filename TEXT NOT NULL PRIMARY KEY
);
