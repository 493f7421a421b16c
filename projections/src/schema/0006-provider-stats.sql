-- What a provider did in a span of time: counted and measured from the index alone.
CREATE INDEX attempts_by_time ON attempts (tenant, provider, at) INCLUDE (class, duration_ms);
