-- Which store should have kept a message's bytes and could not. Rows from before have none. Fits views before and with parts.
ALTER TABLE audit ADD COLUMN fallback text;
