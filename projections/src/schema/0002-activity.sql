-- Who changed what of the configuration, and why: the facts of CONTROL without their secrets.

INSERT INTO checkpoint VALUES ('activity', 0);

CREATE TABLE activity (
  tenant text COLLATE "C" NOT NULL,
  seq    int8 NOT NULL,
  time   timestamptz NOT NULL,
  actor  text COLLATE "C" NOT NULL,
  ip     text,
  kind   text COLLATE "C" NOT NULL,
  id     text COLLATE "C" NOT NULL,
  action text NOT NULL,
  reason text NOT NULL,
  before jsonb,
  after  jsonb
);
CREATE INDEX activity_by_actor ON activity (tenant, actor, seq);
CREATE INDEX activity_by_entity ON activity (tenant, kind, id, seq);
-- Last, as in the views of messages.
ALTER TABLE activity ADD PRIMARY KEY (tenant, seq);

ALTER TABLE activity ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON activity TO CURRENT_USER USING (true);
CREATE POLICY tenant ON activity FOR SELECT TO waybill_api
  USING (tenant = current_setting('waybill.tenant', true));
GRANT SELECT ON activity TO waybill_api;
