import { lastSeqOf, type OldBody, type Nats, readOne, STREAMS } from "@waybill/runtime";
import { type Pool, readCheckpoint } from "@waybill/runtime/postgres";
import { MAIL_VIEWS } from "../views.ts";

const DAY = 24 * 60 * 60 * 1000;

/** Milliseconds after which a body that no event refers to is nobody's: its event followed within seconds, or never. */
export const ORPHAN_AGE = DAY;

/** Milliseconds that the body of an ended message is kept, as the BODIES stream keeps its own. */
export const RETENTION = 7 * DAY;

/** What is known of a body's message. */
type Known = "unknown" | "open" | "ended";

/** What becomes of a body that is older than a day. */
export const fateOf = (known: Known, age: number): "orphan" | "expired" | "kept" => {
  if (known === "unknown") return "orphan";
  return known === "ended" && age > RETENTION ? "expired" : "kept";
};

const SQL = `
SELECT m.tenant, m.id, EXISTS (
  SELECT FROM recipients r WHERE r.tenant = m.tenant AND r.message_id = m.id
    AND r.status IN ('queued', 'deferred')) AS open
FROM unnest($1::text[], $2::text[]) AS body(tenant, id)
JOIN messages m ON m.tenant = body.tenant AND m.id = body.id`;

type Row = { tenant: string; id: string; open: boolean };

async function knownOf(pool: Pool, bodies: readonly OldBody[]): Promise<Map<string, Known>> {
  const values = [bodies.map(({ tenant }) => tenant), bodies.map(({ messageId }) => messageId)];
  const { rows } = await pool.query<Row>(SQL, values);
  return new Map(rows.map(({ tenant, id, open }) => [`${id}.${tenant}`, open ? "open" : "ended"]));
}

/** Whether the views hold every event up to a moment: what they do not know then, no event knows. */
async function holdUpTo(pool: Pool, nats: Nats, moment: number): Promise<boolean> {
  const last = await lastSeqOf(nats, STREAMS.mail, "mail.>");
  const seq = await readCheckpoint(pool, MAIL_VIEWS.name);
  if (seq >= last || seq === 0) return seq >= last;
  const projected = await readOne(nats, STREAMS.mail, seq);
  return projected !== undefined && projected.time.getTime() > moment;
}

type Sweep = {
  pool: Pool;
  nats: Nats;
  /** Bodies kept since before a moment. */
  old: (before: number) => AsyncIterable<OldBody[]>;
  now: number;
  /** Ends it early. */
  signal?: AbortSignal;
};

export type Swept = { orphans: number; expired: number };

/** Removes the bodies that no event refers to, and those past their retention; never one of a message that is not finished. */
export async function sweep({ pool, nats, old, now, signal }: Sweep): Promise<Swept> {
  const swept = { orphans: 0, expired: 0 };
  const before = now - ORPHAN_AGE;
  for await (const bodies of old(before)) {
    if (bodies.length === 0) continue;
    if (!(await holdUpTo(pool, nats, now - ORPHAN_AGE / 2))) return swept;
    const known = await knownOf(pool, bodies);
    for (const { messageId, tenant, changed, remove } of bodies) {
      const fate = fateOf(known.get(`${messageId}.${tenant}`) ?? "unknown", now - changed);
      if (signal?.aborted === true) return swept;
      if (fate === "kept") continue;
      await remove();
      swept[fate === "orphan" ? "orphans" : "expired"] += 1;
    }
  }
  return swept;
}
