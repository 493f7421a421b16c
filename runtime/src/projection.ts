import { DeliverPolicy } from "@nats-io/jetstream";
import { setTimeout as sleep } from "node:timers/promises";
import { inBatches } from "./batches.ts";
import type { Logger } from "./logger.ts";
import type { Nats } from "./nats.ts";
import { transaction, type Pool, type Tx } from "./postgres.ts";

/** An event as the log keeps it. */
export type Recorded = { seq: number; data: Uint8Array };

/** What writes batches of a stream into views. */
export type BatchWriter = {
  /** Its search path leads to the table `checkpoint(name, seq)`. */
  pool: Pool;
  /** Name of the checkpoint. */
  name: string;
  /** Writes what a batch changes; the transaction is the one that moves the checkpoint. */
  project(batch: Recorded[], tx: Tx): Promise<void>;
  /** Forgets what `project` remembers: the last transaction failed, or somebody else wrote. */
  reset(): void;
  log: Pick<Logger, "debug" | "warn" | "error">;
};

export type ProjectionOptions = BatchWriter & {
  nats: Nats;
  stream: string;
  filters: string[];
  /** Events a transaction at most. */
  batchSize?: number;
};

export type RunningProjection = {
  /** Commits the batch in hand and ends. */
  stop(): Promise<void>;
};

/** Another writer, or a rebuild that took our place, moved the checkpoint. */
export class CheckpointMoved extends Error {
  override readonly name = "CheckpointMoved";
}

const LAST_DELAY_MS = 5000;

/**
 * Follows a stream from its checkpoint and keeps views of it. A batch is what has arrived while
 * the one before was written: small when little happens, large in a flood. Its transaction moves
 * the checkpoint first, and only from where we left it, so that of two writers one wins and the
 * other begins again from what it finds. It begins again after every other failure too (no
 * Postgres, no NATS), with growing pauses, until stopped.
 */
export function runProjection(options: ProjectionOptions): RunningProjection {
  const stopped = new AbortController();
  const done = followForEver(options, stopped.signal);
  return {
    stop: () => {
      stopped.abort();
      return done;
    },
  };
}

async function followForEver(options: ProjectionOptions, signal: AbortSignal): Promise<void> {
  const { log, name } = options;
  let failures = 0;
  while (!signal.aborted) {
    try {
      await follow(options, signal, () => (failures = 0));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.warn({ projection: name, why }, "projection begins again from its checkpoint");
    }
    options.reset();
    const pause = Math.min(50 * 2 ** failures++, LAST_DELAY_MS);
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

async function follow(
  options: ProjectionOptions,
  signal: AbortSignal,
  progressed: () => void,
): Promise<void> {
  const { pool, name, batchSize = 500, log } = options;
  let checkpoint = await readCheckpoint(pool, name);
  const messages = await consumeFrom(options, checkpoint);
  const stop = () => messages.stop();
  signal.addEventListener("abort", stop);
  try {
    for await (const batch of inBatches(messages, batchSize)) {
      await commitBatch(options, batch, checkpoint);
      checkpoint = batch.at(-1)?.seq ?? checkpoint;
      log.debug({ projection: name, checkpoint, lag: batch.at(-1)?.info.pending }, "projected");
      progressed();
      if (signal.aborted) break;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    await messages.close();
  }
}

/** The sequence up to which the views hold the stream. */
export async function readCheckpoint(db: Pool | Tx, name: string): Promise<number> {
  const { rows } = await db.query("SELECT seq FROM checkpoint WHERE name = $1", [name]);
  return Number(rows[0]?.seq ?? 0);
}

/** A log that ends before the checkpoint is not the one the views were made from. */
async function consumeFrom({ nats, stream, filters }: ProjectionOptions, checkpoint: number) {
  const { state } = await nats.jsm.streams.info(stream);
  if (state.last_seq < checkpoint)
    throw new Error(
      `views are of another log: it ends at ${state.last_seq}, they at ${checkpoint}`,
    );
  const consumer = await nats.js.consumers.get(stream, {
    filter_subjects: filters,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: checkpoint + 1,
  });
  return consumer.consume({ max_messages: 2000, expires: 5000, idle_heartbeat: 1000 });
}

/**
 * Writes a batch. One that Postgres refuses for what is in it is halved until the event at fault
 * is alone, and that one is left out: a view that stood still for ever would be worse.
 */
export async function commitBatch(
  o: BatchWriter,
  batch: Recorded[],
  expected: number,
): Promise<void> {
  const middle = batch.length >> 1;
  const [left, right] = [batch.slice(0, middle), batch.slice(middle)];
  try {
    await write(o, batch, expected);
  } catch (error) {
    if (!isRefusedData(error)) throw error;
    o.reset();
    if (middle === 0) return skip(o, batch, expected, error);
    await commitBatch(o, left, expected);
    await commitBatch(o, right, left.at(-1)?.seq ?? expected);
  }
}

async function skip(
  { pool, name, log }: BatchWriter,
  batch: Recorded[],
  expected: number,
  cause: Error,
): Promise<void> {
  const seq = batch[0]?.seq ?? expected;
  log.error({ projection: name, seq, why: cause.message }, "event cannot be projected, left out");
  await transaction(pool, (tx) => moveCheckpoint(tx, name, expected, seq));
}

/**
 * Writes a batch and moves the checkpoint over it. The commit does not wait for the disk: what a
 * power cut takes away is folded again, and the log needs the disk more. @throws CheckpointMoved
 */
async function write(o: BatchWriter, batch: Recorded[], expected: number): Promise<void> {
  const last = batch.at(-1)?.seq ?? expected;
  await transaction(o.pool, async (tx) => {
    await Promise.all([
      tx.query("SET LOCAL synchronous_commit = off"),
      moveCheckpoint(tx, o.name, expected, last),
    ]);
    await o.project(batch, tx);
  });
}

async function moveCheckpoint(tx: Tx, name: string, from: number, to: number): Promise<void> {
  const moved = await tx.query({
    name: "move-checkpoint",
    text: "UPDATE checkpoint SET seq = $3 WHERE name = $1 AND seq = $2",
    values: [name, from, to],
  });
  if (moved.rowCount !== 1) throw new CheckpointMoved(`somebody moved ${name} from ${from}`);
}

/** SQLSTATE classes 22 (data), 23 (integrity) and 54 (limits): the same again at every try. */
const isRefusedData = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && /^(22|23|54)...$/.test(String(error.code));
