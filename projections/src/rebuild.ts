import { inBatches, type Logger, type Nats, replay, StartError } from "@waybill/runtime";
import { type BatchWriter, commitBatch } from "@waybill/runtime/postgres";
import { openPool, type Pool, readCheckpoint } from "@waybill/runtime/postgres";
import { migrate } from "./schema/migrate.ts";
import { swap } from "./schema/swap.ts";
import { CHECKPOINT, makeViews, SOURCE } from "./views.ts";

const NEXT = "views_next";
const BATCH = 500;
/** Sequences that may be left for the time in which the live views stand still. */
const NEAR = 2000;
/** Any number nobody else locks. */
const LOCK = 7_233_182_265;

export type Rebuilt = {
  events: number;
  seconds: number;
  /** Whether the new views hold what the old ones held; absent when their versions differ. */
  identical?: boolean;
};

/**
 * Builds the views anew, from the first event the log holds, beside the live ones; then takes
 * their place in one transaction, in which the live projection waits for its checkpoint and finds
 * it moved. Nobody has to stop. @throws StartError when there is nothing to rebuild, or another
 * rebuild is at work.
 */
export async function rebuild(
  nats: Nats,
  databaseUrl: string,
  log: Pick<Logger, "debug" | "warn" | "error">,
): Promise<Rebuilt> {
  const pool = await openPool(databaseUrl, { max: 4, schema: NEXT, timeout: 0, log });
  try {
    return await alone(pool, () => build({ nats, pool, log }));
  } finally {
    await pool.end();
  }
}

type Site = { nats: Nats; pool: Pool; log: Pick<Logger, "debug" | "warn" | "error"> };

async function alone<T>(pool: Pool, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query("SELECT pg_try_advisory_lock($1) AS ours", [LOCK]);
    if (rows[0]?.ours !== true)
      throw new StartError("another rebuild is at work", "wait for it to end");
    return await work();
  } finally {
    client.release(true);
  }
}

async function build({ nats, pool, log }: Site): Promise<Rebuilt> {
  const started = performance.now();
  await requireLive(pool);
  await pool.query("DROP SCHEMA IF EXISTS views_old, views_next CASCADE");
  await migrate(pool, NEXT);
  const writer = { pool, name: CHECKPOINT, log, ...makeViews(log) };
  let events = 0;
  const foldUpTo = async (target: number) => {
    events += await fold(nats, writer, target);
  };
  for (let target = await live(pool); await isFar(pool, target); target = await live(pool))
    await foldUpTo(target);
  const identical = await swap(pool, foldUpTo);
  const seconds = (performance.now() - started) / 1000;
  return { events, seconds, ...(identical === undefined ? {} : { identical }) };
}

async function requireLive(pool: Pool): Promise<void> {
  const { rows } = await pool.query("SELECT to_regclass('views.checkpoint') AS found");
  if (rows[0]?.found === null)
    throw new StartError("there are no views to rebuild", "start the relay, which makes them");
}

async function live(pool: Pool): Promise<number> {
  const sql = "SELECT seq FROM views.checkpoint WHERE name = $1";
  const { rows } = await pool.query<{ seq: string }>(sql, [CHECKPOINT]);
  return Number(rows[0]?.seq ?? 0);
}

const isFar = async (pool: Pool, target: number): Promise<boolean> =>
  target - (await readCheckpoint(pool, CHECKPOINT)) > NEAR;

/** Folds what the log holds up to a sequence. @returns how many events that were. */
async function fold(nats: Nats, writer: BatchWriter, through: number): Promise<number> {
  let at = await readCheckpoint(writer.pool, writer.name);
  let events = 0;
  if (at >= through) return events;
  for await (const batch of inBatches(replay(nats, { ...SOURCE, from: at + 1, through }), BATCH)) {
    await commitBatch(writer, batch, at);
    at = batch.at(-1)?.seq ?? at;
    events += batch.length;
  }
  await requireWhole(nats, at, through);
  return events;
}

/** A server that lags behind after a failover ends a replay early. */
async function requireWhole({ jsm }: Nats, at: number, through: number): Promise<void> {
  if (at >= through) return;
  const { state } = await jsm.streams.info(SOURCE.stream);
  const holdsIt = state.first_seq <= through && through <= state.last_seq;
  if (holdsIt) throw new Error(`the log ended at ${at}, before ${through}: try again`);
}
