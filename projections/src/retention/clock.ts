import { type Nats, STREAMS } from "@waybill/runtime";
import { type Pool, transaction } from "@waybill/runtime/postgres";

/** Milliseconds by which ages grow from one sweep to the next, at most. */
const STEP = 86_400_000;

/** By our clock or by that of the log, whichever is behind. */
async function earlierClock({ jsm }: Nats, ours: () => number): Promise<number> {
  const { ts } = await jsm.streams.info(STREAMS.mail);
  return Math.min(ours(), ts === undefined ? Infinity : Date.parse(ts));
}

/**
 * The moment by which a sweep counts ages, milliseconds since 1970. What it removes does not come back, so
 * a clock is not taken at its word: by ours or that of the log, whichever is behind, and a day after the moment
 * of the sweep before at most. One that went ahead for hours makes nothing much older. Notes the moment.
 * @throws when the log or PostgreSQL does not answer
 */
export async function cautiousNow(pool: Pool, nats: Nats, ours: () => number): Promise<number> {
  const now = await earlierClock(nats, ours);
  return transaction(pool, async (tx) => {
    await tx.query("LOCK TABLE swept IN EXCLUSIVE MODE");
    const { rows } = await tx.query<{ at: Date }>("DELETE FROM swept RETURNING at");
    const at = Math.min(now, ...rows.map((before) => before.at.getTime() + STEP));
    await tx.query("INSERT INTO swept VALUES ($1)", [new Date(at)]);
    return at;
  });
}
