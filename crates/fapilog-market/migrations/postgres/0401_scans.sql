-- How each file was judged last.
CREATE TABLE scans (
    filename     TEXT   NOT NULL PRIMARY KEY REFERENCES files (filename),
    -- `rejected` only when the rules have changed since it was published.
    verdict      TEXT   NOT NULL CHECK (verdict IN ('passed', 'warnings', 'rejected')),
    -- What was asked of it.
    level        TEXT   NOT NULL,
    -- Findings by severity, without those that its author has explained.
    errors       BIGINT NOT NULL,
    warnings     BIGINT NOT NULL,
    notes        BIGINT NOT NULL,
    -- What its code uses, with blanks between.
    capabilities TEXT   NOT NULL,
    judged_us    BIGINT NOT NULL,
    -- The whole report: JSON.
    report       TEXT   NOT NULL,
    -- The bill of materials of a wheel: CycloneDX as JSON.
    sbom         TEXT
);
