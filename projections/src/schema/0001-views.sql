-- Views of the log. Unqualified names: the search path says which schema is made, the live one or
-- the next. Whatever has a tenant is under row-level security, for the owner too.
--
-- Listings go newest first by id: a ULID sorts by the time of acceptance, so a span of time is a
-- span of ids. Under row-level security only leakproof conditions use an index, and lower() and
-- ILIKE are not: hence the columns *_lower, and hence no trigram index on the subject, which would
-- never be used. A text search filters the rows of the page's own walk over (tenant, id).

CREATE TABLE checkpoint (
  name text PRIMARY KEY,
  seq  int8 NOT NULL
);
INSERT INTO checkpoint VALUES ('views', 0);

CREATE TABLE messages (
  tenant            text COLLATE "C" NOT NULL,
  id                text COLLATE "C" NOT NULL,
  status            text NOT NULL,
  sender            text NOT NULL,
  subject           text NOT NULL,
  header_from       text NOT NULL,
  header_message_id text NOT NULL,
  size              int8 NOT NULL,
  attempts          int NOT NULL,
  accepted_at       timestamptz NOT NULL,
  updated_at        timestamptz NOT NULL,
  next_attempt_at   timestamptz,
  credential        text,
  client            text NOT NULL,
  trace_id          text NOT NULL,
  accepted_seq      int8 NOT NULL,
  last_seq          int8 NOT NULL,
  sender_lower      text GENERATED ALWAYS AS (lower(left(sender, 320))) STORED
);
CREATE INDEX messages_by_sender ON messages (tenant, sender_lower, id);
CREATE INDEX messages_by_status ON messages (tenant, status, id) WHERE status <> 'delivered';
-- Last: of indexes that cost the same the planner takes the newest, and before the first statistics
-- all of them cost the same.
ALTER TABLE messages ADD PRIMARY KEY (tenant, id);

CREATE TABLE recipients (
  tenant        text COLLATE "C" NOT NULL,
  message_id    text COLLATE "C" NOT NULL,
  idx           int NOT NULL,
  address       text NOT NULL,
  status        text NOT NULL,
  attempts      int NOT NULL,
  response      text,
  class         text,
  reason        text,
  provider      text,
  updated_at    timestamptz NOT NULL,
  address_lower text GENERATED ALWAYS AS (lower(left(address, 320))) STORED,
  PRIMARY KEY (tenant, message_id, idx)
);
CREATE INDEX recipients_by_address ON recipients (tenant, address_lower, message_id);
CREATE INDEX recipients_dead ON recipients (tenant, message_id, idx) WHERE status = 'dead';

CREATE TABLE attempts (
  tenant      text COLLATE "C" NOT NULL,
  seq         int8 NOT NULL,
  message_id  text COLLATE "C" NOT NULL,
  attempt     int NOT NULL,
  provider    text NOT NULL,
  kind        text NOT NULL,
  status      text NOT NULL,
  recipients  text[] NOT NULL,
  duration_ms float8 NOT NULL,
  response    text NOT NULL,
  at          timestamptz NOT NULL,
  PRIMARY KEY (tenant, seq)
);
CREATE INDEX attempts_by_message ON attempts (tenant, message_id, seq);

CREATE TABLE audit (
  seq        int8 PRIMARY KEY,
  type       text NOT NULL,
  message_id text COLLATE "C" NOT NULL,
  tenant     text COLLATE "C" NOT NULL,
  time       timestamptz NOT NULL,
  route      jsonb
);
CREATE INDEX audit_by_message ON audit (tenant, message_id, seq);
CREATE INDEX audit_by_tenant ON audit (tenant, seq);

DO $$
DECLARE
  named text;
BEGIN
  FOREACH named IN ARRAY ARRAY['messages', 'recipients', 'attempts', 'audit'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', named);
    EXECUTE format('CREATE POLICY owner ON %I TO CURRENT_USER USING (true)', named);
    EXECUTE format(
      'CREATE POLICY tenant ON %I FOR SELECT TO waybill_api
         USING (tenant = current_setting(''waybill.tenant'', true))', named);
  END LOOP;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO waybill_api', current_schema());
  EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO waybill_api', current_schema());
END $$;
