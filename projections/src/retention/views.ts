import { lastSeqOf, type Nats, otherLog, readOne, STREAMS } from "@waybill/runtime";
import { type Pool, readReached, transaction, type Tx } from "@waybill/runtime/postgres";
import { MAIL_VIEWS } from "../views.ts";

/** The oldest mail of a tenant, or of all, that has not ended. */
type OldestOpen = { seq: number; acceptedAt: Date };

const OLDEST_OPEN = `
SELECT min(accepted_seq) AS seq, min(accepted_at) AS at FROM messages
WHERE status IN ('queued', 'deferred') AND ($1::text IS NULL OR tenant = $1)`;

export async function oldestOpen(
  pool: Pool,
  tenant: string | undefined,
): Promise<OldestOpen | undefined> {
  type Row = { seq: string | null; at: Date | null };
  const { rows } = await pool.query<Row>(OLDEST_OPEN, [tenant ?? null]);
  const { seq = null, at = null } = rows[0] ?? {};
  return seq === null || at === null ? undefined : { seq: Number(seq), acceptedAt: at };
}

/** Up to where the views hold the log; undefined while they are of another one. */
async function reachedOf(pool: Pool, nats: Nats): Promise<number | undefined> {
  const reached = await readReached(pool, MAIL_VIEWS.name);
  const why = await otherLog(nats, STREAMS.mail, reached);
  return why === undefined ? reached.seq : undefined;
}

/** The sequence up to which the views know what has ended; 0 while they are of another log. */
export const viewsThrough = async (pool: Pool, nats: Nats): Promise<number> =>
  (await reachedOf(pool, nats)) ?? 0;

/**
 * The moment up to which the views hold every event, milliseconds since 1970: Infinity when they hold all of
 * the log, 0 when nobody knows, or while they are of another log.
 */
export async function viewsUntil(pool: Pool, nats: Nats): Promise<number> {
  const last = await lastSeqOf(nats, STREAMS.mail, "mail.>");
  const seq = await reachedOf(pool, nats);
  if (seq === undefined) return 0;
  if (seq >= last) return Infinity;
  const projected = seq === 0 ? undefined : await readOne(nats, STREAMS.mail, seq);
  return projected?.time.getTime() ?? 0;
}

/** Events of a transaction at most. */
const MOST = 5000;

/** What of the views goes: before a sequence, of messages whose ids are before one. */
type Oldest = { until: number; ids: string };

/** What the views hold of the oldest events: every event is in the audit, under its sequence. */
const FORGET = `
WITH old AS (
  SELECT tenant, message_id, seq FROM audit
  WHERE seq < $1 AND message_id < $2 AND ($3::text IS NULL OR tenant = $3) LIMIT ${MOST}),
gone AS (
  DELETE FROM audit USING old WHERE audit.tenant = old.tenant AND audit.message_id < $2
    AND audit.message_id = old.message_id AND audit.seq = old.seq
  RETURNING audit.seq, audit.tenant, audit.type, audit.message_id),
no_attempts AS (
  DELETE FROM attempts USING gone WHERE attempts.tenant = gone.tenant
    AND attempts.message_id < $2 AND attempts.message_id = gone.message_id
    AND attempts.seq = gone.seq),
no_messages AS (
  DELETE FROM messages USING gone WHERE gone.type = 'accepted' AND messages.tenant = gone.tenant
    AND messages.id < $2 AND messages.id = gone.message_id AND messages.accepted_seq = gone.seq
  RETURNING messages.tenant, messages.id),
no_recipients AS (
  DELETE FROM recipients USING no_messages
  WHERE recipients.tenant = no_messages.tenant AND recipients.message_id < $2
    AND recipients.message_id = no_messages.id)
SELECT count(*)::int AS events FROM gone`;

/** So many; the projection waits for it, and does not write a row again that it had loaded before. */
async function forgetSome(tx: Tx, { until, ids }: Oldest, tenant: string | undefined) {
  await tx.query("SELECT seq FROM checkpoint WHERE name = $1 FOR UPDATE", [MAIL_VIEWS.name]);
  const { rows } = await tx.query<{ events: number }>(FORGET, [until, ids, tenant ?? null]);
  return rows[0]?.events ?? 0;
}

/** Takes out of the views what they hold of the oldest events, of a tenant or of all. */
export async function forgetEvents(
  pool: Pool,
  tenant: string | undefined,
  oldest: Oldest,
): Promise<void> {
  let events = MOST;
  while (events === MOST) events = await transaction(pool, (tx) => forgetSome(tx, oldest, tenant));
}
