-- Who may publish a project without a secret: jobs of a CI service that shows by a signed statement
-- which repository and workflow they run for.
CREATE TABLE trusted_publishers (
    id         TEXT   NOT NULL PRIMARY KEY,
    project    TEXT   COLLATE "C" NOT NULL,
    issuer     TEXT   NOT NULL,
    -- JSON: what the statement must claim, by name.
    claims     TEXT   NOT NULL,
    created_us BIGINT NOT NULL,
    created_by TEXT   NOT NULL
);

CREATE INDEX trusted_publishers_by_issuer ON trusted_publishers (issuer);
CREATE INDEX trusted_publishers_of_project ON trusted_publishers (project);

-- Statements that were used. Kept longer than they are valid, so that none is taken twice.
CREATE TABLE used_statements (
    issuer     TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    expires_us BIGINT NOT NULL,
    PRIMARY KEY (issuer, id)
);

CREATE INDEX used_statements_by_end ON used_statements (expires_us);

-- People who are on the way to a provider and back: what is needed to know them again.
CREATE TABLE identity_attempts (
    state_sha256 TEXT   NOT NULL PRIMARY KEY,
    visit_sha256 TEXT   NOT NULL,
    nonce        TEXT   NOT NULL,
    verifier     TEXT   NOT NULL,
    next         TEXT   NOT NULL,
    expires_us   BIGINT NOT NULL
);
