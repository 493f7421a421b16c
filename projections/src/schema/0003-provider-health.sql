-- How each provider did last. Rows from before have no class until the views are rebuilt.
ALTER TABLE attempts ADD COLUMN class text;
CREATE INDEX attempts_by_provider ON attempts (tenant, provider, class, seq);
