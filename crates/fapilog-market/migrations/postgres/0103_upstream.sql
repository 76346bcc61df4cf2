-- Pull-through of another index: what it told of projects that are not here.
CREATE TABLE upstream_pages (
    project    TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    -- 0 when it had no such project.
    found      BIGINT NOT NULL,
    -- Its entity tag.
    tag        TEXT,
    fetched_us BIGINT NOT NULL,
    -- Our page of it, in both forms.
    key        TEXT   COLLATE "C" NOT NULL,
    json       TEXT   NOT NULL,
    html       TEXT   NOT NULL
);

CREATE TABLE upstream_files (
    sha256          TEXT   NOT NULL,
    filename        TEXT   COLLATE "C" NOT NULL,
    project         TEXT   COLLATE "C" NOT NULL,
    url             TEXT   NOT NULL,
    metadata_sha256 TEXT,
    -- The METADATA file, once it was fetched.
    metadata        TEXT,
    -- 1 when the file is in the storage.
    kept            BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (sha256, filename)
);
