-- Which store should have kept a message's bytes and could not. Rows from before have none.
ALTER TABLE audit ADD COLUMN fallback text;
CREATE INDEX audit_fallbacks ON audit (tenant, seq) WHERE fallback IS NOT NULL;
