-- Views of mail in parts by time: an id is a ULID, so a span of time is a span of ids, and what is
-- past its age is dropped with its part (docs/decisions/0014). What is there becomes the first part.

-- The parts: of ids from `low` to before `high`. Of those that were dropped nothing is written again.
CREATE TABLE parts (
  low     text COLLATE "C" PRIMARY KEY,
  high    text COLLATE "C" NOT NULL,
  name    text NOT NULL,
  dropped bool NOT NULL DEFAULT false
);

-- A key of a partitioned table holds what it is divided by.
ALTER TABLE attempts DROP CONSTRAINT attempts_pkey;
DROP INDEX attempts_by_message;
ALTER TABLE attempts ADD PRIMARY KEY (tenant, message_id, seq);
ALTER TABLE audit DROP CONSTRAINT audit_pkey;
DROP INDEX audit_by_message, audit_by_tenant;
CREATE INDEX audit_by_seq ON audit (seq);
ALTER TABLE audit ADD PRIMARY KEY (tenant, message_id, seq);

DO $$
DECLARE
  named text;
  former text;
  found record;
BEGIN
  FOREACH named IN ARRAY ARRAY['messages', 'recipients', 'attempts', 'audit'] LOOP
    former := named || '_before';
    EXECUTE format('ALTER TABLE %I RENAME TO %I', named, former);
    FOR found IN SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid
      WHERE indrelid = former::regclass LOOP
      EXECUTE format('ALTER INDEX %I RENAME TO %I', found.relname,
        overlay(found.relname PLACING former FROM 1 FOR length(named)));
    END LOOP;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING GENERATED) PARTITION BY RANGE (%I)',
      named, former, CASE named WHEN 'messages' THEN 'id' ELSE 'message_id' END);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', named);
    EXECUTE format('CREATE POLICY owner ON %I TO CURRENT_USER USING (true)', named);
    EXECUTE format(
      'CREATE POLICY tenant ON %I FOR SELECT TO waybill_api
         USING (tenant = current_setting(''waybill.tenant'', true))', named);
    EXECUTE format('GRANT SELECT ON %I TO waybill_api', named);
  END LOOP;
END $$;

-- The keys are the last: of indexes that cost the same the planner takes the newest.
CREATE INDEX messages_by_sender ON messages (tenant, sender_lower, id);
CREATE INDEX messages_by_status ON messages (tenant, status, id) WHERE status <> 'delivered';
CREATE INDEX messages_by_credential ON messages (tenant, credential, id)
  WHERE credential IS NOT NULL;
ALTER TABLE messages ADD PRIMARY KEY (tenant, id);
CREATE INDEX recipients_by_address ON recipients (tenant, address_lower, message_id);
CREATE INDEX recipients_dead ON recipients (tenant, message_id, idx) WHERE status = 'dead';
ALTER TABLE recipients ADD PRIMARY KEY (tenant, message_id, idx);
CREATE INDEX attempts_by_provider ON attempts (tenant, provider, class, seq);
CREATE INDEX attempts_by_time ON attempts (tenant, provider, at) INCLUDE (class, duration_ms);
ALTER TABLE attempts ADD PRIMARY KEY (tenant, message_id, seq);
CREATE INDEX audit_by_seq ON audit (seq);
ALTER TABLE audit ADD PRIMARY KEY (tenant, message_id, seq);

-- Attaching lets others read and write, where CREATE TABLE ... PARTITION OF would wait for them all.
-- No policy opens a part, and nobody is granted one: it is reached through its table.
CREATE FUNCTION attach_part(part text, low_id text, high_id text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  named text;
  partition text;
BEGIN
  FOREACH named IN ARRAY ARRAY['messages', 'recipients', 'attempts', 'audit'] LOOP
    partition := named || '_' || part;
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', partition);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
      named, partition, low_id, high_id);
  END LOOP;
  INSERT INTO parts (low, high, name) VALUES (low_id, high_id, part);
END $$;

CREATE FUNCTION make_part(part text, low_id text, high_id text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  named text;
BEGIN
  FOREACH named IN ARRAY ARRAY['messages', 'recipients', 'attempts', 'audit'] LOOP
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', named || '_' || part, named);
  END LOOP;
  PERFORM attach_part(part, low_id, high_id);
END $$;

DO $$
DECLARE
  named text;
  newest text;
BEGIN
  SELECT max(id) INTO newest FROM (
    SELECT max(id) AS id FROM messages_before
    UNION ALL SELECT max(message_id) FROM recipients_before
    UNION ALL SELECT max(message_id) FROM attempts_before
    UNION ALL SELECT max(message_id) FROM audit_before) AS of_each;
  FOREACH named IN ARRAY ARRAY['messages', 'recipients', 'attempts', 'audit'] LOOP
    IF newest IS NULL THEN
      EXECUTE format('DROP TABLE %I', named || '_before');
    ELSE
      EXECUTE format('DROP POLICY owner ON %I', named || '_before');
      EXECUTE format('DROP POLICY tenant ON %I', named || '_before');
      EXECUTE format('REVOKE ALL ON %I FROM waybill_api', named || '_before');
    END IF;
  END LOOP;
  -- The first text after the newest id.
  IF newest IS NOT NULL THEN PERFORM attach_part('before', '', newest || '0'); END IF;
END $$;
REVOKE EXECUTE ON FUNCTION attach_part, make_part FROM PUBLIC;
