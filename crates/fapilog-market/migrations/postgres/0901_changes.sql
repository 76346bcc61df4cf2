-- What the changelog in the source archive says of the version, and whether it is Markdown.
ALTER TABLE releases ADD COLUMN changes TEXT;
ALTER TABLE releases ADD COLUMN changes_are_markdown BIGINT NOT NULL DEFAULT 0;

-- What the plugins inside can be told, as the judge read it from the source: JSON, or nothing.
ALTER TABLE scans ADD COLUMN configuration TEXT;
