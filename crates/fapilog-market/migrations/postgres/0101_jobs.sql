-- Work that outlives a process. A job that has ended well is deleted; one that has failed for good
-- stays, with its error, until somebody has it tried again.
CREATE TABLE jobs (
    id           TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    kind         TEXT   NOT NULL,
    -- What it is about: a job of one kind and subject waits once only.
    subject      TEXT   NOT NULL,
    -- JSON.
    payload      TEXT   NOT NULL,
    state        TEXT   NOT NULL CHECK (state IN ('waiting', 'running', 'failed')),
    attempts     BIGINT NOT NULL DEFAULT 0,
    max_attempts BIGINT NOT NULL,
    -- Lower ones are taken first.
    priority     BIGINT NOT NULL DEFAULT 0,
    -- Waiting: not before. Running: when the lease ends, after which another worker may take it.
    due_us       BIGINT NOT NULL,
    -- Differs for each time the job is taken, so that a worker that was believed dead can't end the
    -- work of the one that took over.
    lease        TEXT,
    error        TEXT,
    created_us   BIGINT NOT NULL
);

CREATE UNIQUE INDEX jobs_waiting_once ON jobs (kind, subject) WHERE state = 'waiting';
CREATE INDEX jobs_due ON jobs (state, priority, due_us);
