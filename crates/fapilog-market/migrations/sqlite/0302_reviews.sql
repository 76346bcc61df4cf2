-- What people say of plugins: one review for each account and plugin.
CREATE TABLE reviews (
    id               TEXT   NOT NULL PRIMARY KEY,
    project          TEXT   NOT NULL,
    user_id          TEXT   NOT NULL,
    version          TEXT   NOT NULL,
    stars            BIGINT NOT NULL CHECK (stars BETWEEN 1 AND 5),
    text             TEXT   NOT NULL,
    -- visible, held (waits for a moderator) or hidden (by a moderator).
    state            TEXT   NOT NULL CHECK (state IN ('visible', 'held', 'hidden')),
    -- Why it is held or hidden.
    state_reason     TEXT   NOT NULL DEFAULT '',
    -- When its author said that what it complains of was resolved; from then on it doesn't count.
    resolved_us      BIGINT,
    reply            TEXT,
    replied_by       TEXT,
    replied_us       BIGINT,
    helpful          BIGINT NOT NULL DEFAULT 0,
    created_us       BIGINT NOT NULL,
    edited_us        BIGINT,
    UNIQUE (project, user_id)
);

CREATE INDEX reviews_of_project ON reviews (project, state, created_us);
CREATE INDEX reviews_of_user ON reviews (user_id, created_us);

-- What a review said before it was edited.
CREATE TABLE review_history (
    review_id   TEXT   NOT NULL REFERENCES reviews (id),
    position    BIGINT NOT NULL,
    version     TEXT   NOT NULL,
    stars       BIGINT NOT NULL,
    text        TEXT   NOT NULL,
    replaced_us BIGINT NOT NULL,
    PRIMARY KEY (review_id, position)
);

CREATE TABLE review_votes (
    review_id TEXT NOT NULL REFERENCES reviews (id),
    user_id   TEXT NOT NULL,
    PRIMARY KEY (review_id, user_id)
);

-- What people find wrong with reviews and plugins; moderators settle it.
CREATE TABLE reports (
    id          TEXT   NOT NULL PRIMARY KEY,
    -- review or plugin
    about       TEXT   NOT NULL CHECK (about IN ('review', 'plugin')),
    -- Id of the review, or name of the plugin.
    subject     TEXT   NOT NULL,
    user_id     TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    text        TEXT   NOT NULL,
    created_us  BIGINT NOT NULL,
    settled_us  BIGINT,
    settled_by  TEXT,
    UNIQUE (about, subject, user_id)
);

CREATE INDEX reports_open ON reports (settled_us, created_us);
