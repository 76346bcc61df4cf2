-- What the catalogue's search is built from: one row for each plugin, written in the transaction that
-- changes the plugin. `changed` is the state of the clock at that moment; a plugin that left stays as a
-- row with `is_gone`, so that every server gets to know.
CREATE TABLE search_documents (
    name            TEXT   NOT NULL PRIMARY KEY,
    version         TEXT   NOT NULL,
    summary         TEXT   NOT NULL,
    keywords        TEXT   NOT NULL,
    text            TEXT   NOT NULL,
    license         TEXT,
    kinds           TEXT   NOT NULL,
    core_range      TEXT,
    requires_python TEXT,
    capabilities    TEXT   NOT NULL,
    publisher_level TEXT   NOT NULL,
    -- By people in the last 30 days.
    downloads       BIGINT NOT NULL DEFAULT 0,
    -- Bayesian mean in thousandths of a star.
    rating_milli    BIGINT NOT NULL DEFAULT 0,
    ratings         BIGINT NOT NULL DEFAULT 0,
    health          BIGINT NOT NULL DEFAULT 0,
    updated_us      BIGINT NOT NULL,
    is_gone         BIGINT NOT NULL DEFAULT 0,
    changed         BIGINT NOT NULL
);

CREATE INDEX search_documents_changed ON search_documents (changed);

-- One row. Raising it locks it until the transaction ends, so that changes become visible in the
-- order of their numbers and none is passed over.
CREATE TABLE search_clock (
    id    BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    value BIGINT NOT NULL
);

INSERT INTO search_clock (id, value) VALUES (1, 0);

-- Downloads by day; `downloader` is person, ci, mirror or other, `python` is 3.12 or empty.
CREATE TABLE downloads (
    project    TEXT   NOT NULL,
    version    TEXT   NOT NULL,
    day        BIGINT NOT NULL,
    downloader TEXT   NOT NULL CHECK (downloader IN ('person', 'ci', 'mirror', 'other')),
    python     TEXT   NOT NULL,
    times      BIGINT NOT NULL,
    PRIMARY KEY (project, day, version, downloader, python)
);
