-- Who may do what. Secrets are kept as SHA-256 (random ones) or argon2 (passwords), never as they are;
-- the one exception is the seed of a TOTP authenticator, which has to be computed with.

-- Users and organisations share one space of names. A row stays for ever, so that a name is never
-- given to somebody else.
CREATE TABLE publishers (
    name         TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    kind         TEXT   NOT NULL CHECK (kind IN ('user', 'organisation')),
    display_name TEXT   NOT NULL DEFAULT '',
    website      TEXT   NOT NULL DEFAULT '',
    -- Set by moderators, with what was looked at.
    verified_us  BIGINT,
    verified_by  TEXT   NOT NULL DEFAULT '',
    created_us   BIGINT NOT NULL,
    deleted_us   BIGINT
);

CREATE TABLE users (
    id                TEXT   NOT NULL PRIMARY KEY,
    name              TEXT COLLATE "C"   NOT NULL UNIQUE REFERENCES publishers (name),
    -- In lower case. Counts for nothing until it is verified.
    email             TEXT   NOT NULL DEFAULT '',
    email_verified_us BIGINT,
    -- Absent for those who sign in elsewhere.
    password_hash     TEXT,
    site_role         TEXT   NOT NULL DEFAULT 'none'
                      CHECK (site_role IN ('none', 'moderator', 'administrator')),
    totp_secret       TEXT,
    -- The last time step that a code was taken for: none is taken twice.
    totp_step         BIGINT NOT NULL DEFAULT 0,
    created_us        BIGINT NOT NULL,
    deleted_us        BIGINT
);

CREATE UNIQUE INDEX users_by_verified_email ON users (email) WHERE email_verified_us IS NOT NULL;

CREATE TABLE sessions (
    secret_sha256 TEXT   NOT NULL PRIMARY KEY,
    user_id       TEXT   NOT NULL REFERENCES users (id),
    -- 1 while the second factor is missing: such a session is good for nothing else.
    is_pending    BIGINT NOT NULL,
    created_us    BIGINT NOT NULL,
    seen_us       BIGINT NOT NULL,
    expires_us    BIGINT NOT NULL,
    client        TEXT   NOT NULL,
    agent         TEXT   NOT NULL
);

CREATE INDEX sessions_of_user ON sessions (user_id);

CREATE TABLE recovery_codes (
    user_id     TEXT NOT NULL REFERENCES users (id),
    code_sha256 TEXT NOT NULL,
    PRIMARY KEY (user_id, code_sha256)
);

-- Links that were sent: each works once, for a while.
CREATE TABLE links (
    secret_sha256 TEXT   NOT NULL PRIMARY KEY,
    user_id       TEXT   NOT NULL REFERENCES users (id),
    purpose       TEXT   NOT NULL CHECK (purpose IN ('recover', 'verify-email')),
    email         TEXT   NOT NULL,
    expires_us    BIGINT NOT NULL
);

CREATE TABLE identities (
    issuer     TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    user_id    TEXT   NOT NULL REFERENCES users (id),
    created_us BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);

CREATE TABLE organisation_members (
    organisation TEXT COLLATE "C" NOT NULL REFERENCES publishers (name),
    user_id      TEXT NOT NULL REFERENCES users (id),
    role         TEXT NOT NULL CHECK (role IN ('member', 'maintainer', 'owner')),
    PRIMARY KEY (organisation, user_id)
);

CREATE INDEX organisations_of_user ON organisation_members (user_id);

-- A project without a row belongs to the operator: only their tokens publish it.
CREATE TABLE project_owners (
    project    TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    publisher  TEXT COLLATE "C"   NOT NULL REFERENCES publishers (name),
    created_us BIGINT NOT NULL
);

CREATE INDEX projects_of_publisher ON project_owners (publisher);

CREATE TABLE project_members (
    project TEXT COLLATE "C" NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    role    TEXT NOT NULL CHECK (role IN ('maintainer', 'owner')),
    PRIMARY KEY (project, user_id)
);

CREATE INDEX projects_of_member ON project_members (user_id);

-- Names that only one publisher, or only the operator, may begin.
CREATE TABLE reserved_prefixes (
    prefix     TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    publisher  TEXT   REFERENCES publishers (name),
    note       TEXT   NOT NULL,
    created_us BIGINT NOT NULL
);

-- Counts that all replicas share.
CREATE TABLE rate_counts (
    key       TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    window_at BIGINT NOT NULL,
    used      BIGINT NOT NULL
);

CREATE TABLE audit_events (
    id        TEXT   NOT NULL PRIMARY KEY,
    at_us     BIGINT NOT NULL,
    -- user:…, token:…, operator, anonymous or server.
    actor     TEXT   NOT NULL,
    action    TEXT   NOT NULL,
    -- Whom or what it was done to, as far as one of these names it.
    user_id   TEXT,
    project   TEXT,
    publisher TEXT,
    client    TEXT   NOT NULL,
    detail    TEXT   NOT NULL
);

CREATE INDEX audit_by_time ON audit_events (at_us);
CREATE INDEX audit_of_user ON audit_events (user_id, at_us);
CREATE INDEX audit_of_project ON audit_events (project, at_us);
CREATE INDEX audit_of_publisher ON audit_events (publisher, at_us);

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;

CREATE TRIGGER audit_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- Whose a token is; the operator's have no user.
ALTER TABLE tokens ADD COLUMN user_id TEXT REFERENCES users (id);
ALTER TABLE tokens ADD COLUMN source TEXT NOT NULL DEFAULT 'operator';
ALTER TABLE tokens ADD COLUMN action TEXT NOT NULL DEFAULT 'upload';
ALTER TABLE tokens ADD COLUMN expires_us BIGINT;
ALTER TABLE tokens ADD COLUMN used_us BIGINT;

CREATE INDEX tokens_of_user ON tokens (user_id);
