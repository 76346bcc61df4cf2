-- Passkeys of accounts (WebAuthn). The secret half of each never leaves its authenticator.
CREATE TABLE passkeys (
    -- As the authenticator names it, in base64url.
    credential_id TEXT   NOT NULL PRIMARY KEY,
    user_id       TEXT   NOT NULL REFERENCES users (id),
    name          TEXT   NOT NULL,
    -- Public key, sign counter and what else was said of it, as JSON.
    credential    TEXT   NOT NULL,
    created_us    BIGINT NOT NULL,
    used_us       BIGINT
);

CREATE INDEX passkeys_of_user ON passkeys (user_id, created_us);

-- What authenticators have been asked: one question of each kind for each browser, answered once.
CREATE TABLE passkey_challenges (
    visit_sha256 TEXT   NOT NULL,
    purpose      TEXT   NOT NULL CHECK (purpose IN ('add', 'second-factor', 'sign-in')),
    -- Whom it is about; absent while nobody has said who they are.
    user_id      TEXT   REFERENCES users (id),
    state        TEXT   NOT NULL,
    expires_us   BIGINT NOT NULL,
    PRIMARY KEY (visit_sha256, purpose)
);

CREATE INDEX passkey_challenges_by_end ON passkey_challenges (expires_us);
