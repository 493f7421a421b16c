import {
  inBatches,
  type Logger,
  type Nats,
  nextOnLeader,
  replay,
  StartError,
} from "@waybill/runtime";
import { commitBatch, openPool, type Pool, readCheckpoint } from "@waybill/runtime/postgres";
import { dropLeftovers, LOCK } from "./schema/leftovers.ts";
import { migrate } from "./schema/migrate.ts";
import { type Checkpoints, swap } from "./schema/swap.ts";
import { ALL_VIEWS, type Views } from "./views.ts";

const NEXT = "views_next";
const BATCH = 500;
/** Sequences that may be left for the time in which the live views stand still. */
const NEAR = 2000;

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
  partDays = 1,
): Promise<Rebuilt> {
  const pool = await openPool(databaseUrl, { max: 4, schema: NEXT, timeout: 0, log });
  try {
    return await alone(pool, () => build({ nats, pool, log, partDays }));
  } finally {
    // What is left of one that failed: an erasure reaches the views alone.
    await dropLeftovers(pool).catch((error: unknown) => log.warn({ err: error }, "views are left"));
    await pool.end();
  }
}

type Site = {
  nats: Nats;
  pool: Pool;
  log: Pick<Logger, "debug" | "warn" | "error">;
  partDays: number;
};

async function alone<T>(pool: Pool, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query("SELECT pg_try_advisory_lock($1) AS ours", [LOCK]);
    if (rows[0]?.ours !== true)
      throw new StartError("another rebuild is at work", "wait for it to end");
    return await work();
  } finally {
    // The end of the connection frees it too, but some time after this.
    await client.query("SELECT pg_advisory_unlock_all()").catch(() => undefined);
    client.release(true);
  }
}

async function build(site: Site): Promise<Rebuilt> {
  const { pool } = site;
  const started = performance.now();
  await requireLive(pool);
  await pool.query("DROP SCHEMA IF EXISTS views_old, views_next CASCADE");
  await migrate(pool, NEXT);
  await copyRemovals(pool);
  const writers = ALL_VIEWS.map((views) => ({ views, ...views.make(site) }));
  let [events, folded]: [number, Checkpoints] = [0, new Map()];
  const foldUpTo = async (targets: Checkpoints) => {
    for (const writer of writers)
      events += await fold(site, writer, targets.get(writer.views.name) ?? 0);
    folded = targets;
  };
  for (let ends = await endsOf(site); isFar(folded, ends); ends = await endsOf(site))
    await foldUpTo(ends);
  const identical = await swap(pool, async (held) => foldUpTo(await within(site, held)));
  const seconds = (performance.now() - started) / 1000;
  return { events, seconds, ...(identical === undefined ? {} : { identical }) };
}

async function requireLive(pool: Pool): Promise<void> {
  const { rows } = await pool.query("SELECT to_regclass('views.checkpoint') AS found");
  if (rows[0]?.found === null)
    throw new StartError("there are no views to rebuild", "start the relay, which makes them");
}

/** What the log does not tell: which parts were dropped, of whose mail it may hold what was told late, and when. */
async function copyRemovals(pool: Pool): Promise<void> {
  for (const [table, rest] of [
    ["parts", "WHERE dropped"],
    ["swept", ""],
  ]) {
    const { rows } = await pool.query("SELECT to_regclass($1) AS found", [`views.${table}`]);
    if (rows[0]?.found === null) continue;
    await pool.query(`INSERT INTO ${table} SELECT * FROM views.${table} ${rest}`);
  }
}

/** How far the live views are, and the log. */
async function endsOf(site: Site): Promise<Checkpoints> {
  const sql = "SELECT name, seq FROM views.checkpoint";
  const { rows } = await site.pool.query<{ name: string; seq: string }>(sql);
  return within(site, new Map(rows.map(({ name, seq }) => [name, Number(seq)])));
}

/** A log that lost its end has nothing up to where the live views are: it is read up to where it ends. */
async function within({ nats }: Site, checkpoints: Checkpoints): Promise<Checkpoints> {
  const ends = ALL_VIEWS.map(async ({ name, source }): Promise<[string, number]> => {
    const { state } = await nats.jsm.streams.info(source.stream);
    return [name, Math.min(checkpoints.get(name) ?? 0, state.last_seq)];
  });
  return new Map(await Promise.all(ends));
}

const isFar = (folded: Checkpoints, ends: Checkpoints): boolean =>
  [...ends].some(([name, seq]) => seq - (folded.get(name) ?? 0) > NEAR);

type Writer = ReturnType<Views["make"]> & { views: Views };

/** How often a replay that ended early is gone on with. */
const TRIES = 5;

/** Folds what the log holds up to a sequence. @returns how many events that were. @throws StartError */
async function fold(site: Site, writer: Writer, through: number): Promise<number> {
  let events = 0;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const isThere = await holds(site.nats, writer.views, through);
    events += await foldOnce(site, writer, through);
    const at = await readCheckpoint(site.pool, writer.views.name);
    if (at >= through || !isThere) return events;
  }
  throw new StartError(
    `the log does not give all of ${writer.views.source.stream} up to ${through}`,
    "nothing was changed: run it again, once no server of NATS lags behind",
  );
}

async function foldOnce({ nats, pool, log }: Site, writer: Writer, through: number) {
  const { name, source, batchSize = BATCH } = writer.views;
  let at = await readCheckpoint(pool, name);
  let events = 0;
  if (at >= through) return events;
  for await (const batch of inBatches(
    replay(nats, { ...source, from: at + 1, through }),
    batchSize,
  )) {
    await commitBatch({ pool, name, log, ...writer }, batch, at);
    at = batch.at(-1)?.seq ?? at;
    events += batch.length;
  }
  return events;
}

/**
 * Whether the log holds an event of these views at a sequence. A replay that ended before it all the same is gone on
 * with: a server lags behind after a failover, or it was erased meanwhile, and what is left of it comes with the next one.
 */
async function holds(nats: Nats, { source }: Views, seq: number): Promise<boolean> {
  if (seq === 0) return false;
  const next = source.filters.map((one) => nextOnLeader(nats, source.stream, one, seq));
  return (await Promise.all(next)).some((found) => found?.seq === seq);
}
