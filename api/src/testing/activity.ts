import type { ActivityView } from "@waybill/schemas";
import type { World } from "./world.ts";

const PLAIN = {
  time: "2026-01-01T00:00:00.000Z",
  actor: "user:ann",
  ip: "192.0.2.1",
  kind: "route",
  id: "first",
  action: "changed",
  reason: "because",
  before: { id: "first", position: 0 },
  after: { id: "first", position: 1 },
} as const;

/** Writes a line of activity as projections would; what is not said of it is plain. */
export async function insertActivity(
  { engines }: World,
  tenant: string,
  said: Partial<ActivityView> & { seq: number },
): Promise<void> {
  const line: ActivityView = { ...PLAIN, ...said };
  const { seq, time, actor, ip, kind, id, action, reason, before, after } = line;
  await engines.owner.query(
    "INSERT INTO activity VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    [tenant, seq, time, actor, ip, kind, id, action, reason, before, after],
  );
}
