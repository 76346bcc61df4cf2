-- Times are microseconds since 1970 in UTC; truth values are 0 and 1; names are normalised (PEP 503).
-- Names are ordered by their bytes, as SQLite does.

CREATE TABLE projects (
    name           TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    summary        TEXT   NOT NULL DEFAULT '',
    keywords       TEXT   NOT NULL DEFAULT '',
    -- The newest final release, else the newest pre-release (PEP 440 order).
    latest_version TEXT   NOT NULL,
    -- Named fapilog-* and its latest release declares a range for the core.
    is_plugin      BIGINT NOT NULL DEFAULT 0,
    created_us     BIGINT NOT NULL,
    updated_us     BIGINT NOT NULL
);

CREATE INDEX projects_newest ON projects (is_plugin, updated_us);

CREATE TABLE releases (
    project          TEXT   COLLATE "C" NOT NULL REFERENCES projects (name),
    version          TEXT   COLLATE "C" NOT NULL,
    summary          TEXT   NOT NULL DEFAULT '',
    keywords         TEXT   NOT NULL DEFAULT '',
    license          TEXT,
    author           TEXT,
    requires_python  TEXT,
    core_range       TEXT,
    description      TEXT   NOT NULL DEFAULT '',
    description_type TEXT,
    created_us       BIGINT NOT NULL,
    PRIMARY KEY (project, version)
);

-- What a release says in lists: requirements, extras, links and entry points, in their order.
CREATE TABLE release_items (
    project  TEXT   COLLATE "C" NOT NULL,
    version  TEXT   COLLATE "C" NOT NULL,
    kind     TEXT   NOT NULL CHECK (kind IN ('requirement', 'extra', 'link', 'entry_point')),
    position BIGINT NOT NULL,
    label    TEXT   NOT NULL,
    value    TEXT   NOT NULL,
    PRIMARY KEY (project, version, kind, position),
    FOREIGN KEY (project, version) REFERENCES releases (project, version)
);

CREATE TABLE files (
    filename        TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    project         TEXT   COLLATE "C" NOT NULL,
    version         TEXT   COLLATE "C" NOT NULL,
    filetype        TEXT   NOT NULL CHECK (filetype IN ('bdist_wheel', 'sdist')),
    sha256          TEXT   NOT NULL,
    size_bytes      BIGINT NOT NULL,
    requires_python TEXT,
    -- Of the METADATA file that is served beside a wheel (PEP 658).
    metadata_sha256 TEXT,
    uploaded_us     BIGINT NOT NULL,
    uploaded_by     TEXT   NOT NULL,
    FOREIGN KEY (project, version) REFERENCES releases (project, version)
);

CREATE INDEX files_of_project ON files (project);

CREATE TABLE tokens (
    id            TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    label         TEXT   NOT NULL,
    secret_sha256 TEXT   NOT NULL,
    -- A normalised project name, or * for every project.
    project       TEXT   COLLATE "C" NOT NULL,
    created_us    BIGINT NOT NULL,
    revoked_us    BIGINT
);
