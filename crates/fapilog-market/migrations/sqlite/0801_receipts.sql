-- Keys of installations whose command says what it installed, each added by the account it signs for.
CREATE TABLE receipt_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    user_id    TEXT   NOT NULL REFERENCES users (id),
    -- Ed25519, in hexadecimal.
    public_key TEXT   NOT NULL,
    label      TEXT   NOT NULL,
    created_us BIGINT NOT NULL,
    used_us    BIGINT
);

CREATE INDEX receipt_keys_of_user ON receipt_keys (user_id);

-- Nonces that were taken, kept while their statement could still be in time.
CREATE TABLE receipt_nonces (
    key_id   TEXT   NOT NULL REFERENCES receipt_keys (id) ON DELETE CASCADE,
    nonce    TEXT   NOT NULL,
    taken_us BIGINT NOT NULL,
    PRIMARY KEY (key_id, nonce)
);

-- What an account's installations said they installed: the last file of each version.
CREATE TABLE receipts (
    user_id        TEXT   NOT NULL REFERENCES users (id),
    project        TEXT   NOT NULL,
    version        TEXT   NOT NULL,
    sha256         TEXT   NOT NULL,
    core_version   TEXT   NOT NULL,
    python_version TEXT   NOT NULL,
    -- The key may be gone; what it signed stays until somebody takes it away.
    key_id         TEXT   NOT NULL,
    received_us    BIGINT NOT NULL,
    PRIMARY KEY (user_id, project, version)
);

CREATE INDEX receipts_of_user ON receipts (user_id, received_us);
