import type { Logger } from "./logger.ts";
import type { Reached } from "./same-log.ts";
import { transaction, type Pool, type Tx } from "./postgres.ts";

/** An event as the log keeps it. */
export type Recorded = { seq: number; time: Date; data: Uint8Array };

/** What writes batches of a stream into views. */
export type BatchWriter = {
  /** Its search path leads to the table `checkpoint(name, seq, event_seq, event_at)`. */
  pool: Pool;
  /** Name of the checkpoint. */
  name: string;
  /** What a batch needs done first that may take its time: before the transaction begins, and again when that fails. */
  prepare?(batch: Recorded[]): Promise<void>;
  /** Writes what a batch changes; the transaction is the one that moves the checkpoint. */
  project(batch: Recorded[], tx: Tx): Promise<void>;
  /** Forgets what `project` remembers: the last transaction failed, or somebody else wrote. */
  reset(): void;
  log: Pick<Logger, "debug" | "warn" | "error">;
};

/** Another writer, or a rebuild that took our place, moved the checkpoint. */
export class CheckpointMoved extends Error {
  override readonly name = "CheckpointMoved";
}

/** The sequence up to which the views hold the stream. */
export async function readCheckpoint(db: Pool | Tx, name: string): Promise<number> {
  const { rows } = await db.query("SELECT seq FROM checkpoint WHERE name = $1", [name]);
  return Number(rows[0]?.seq ?? 0);
}

const REACHED = `
SELECT seq, CASE WHEN event_seq = seq THEN event_at END AS time FROM checkpoint WHERE name = $1`;

/** The same, with when the log kept the event there: unknown when whoever moved the checkpoint did not say so. */
export async function readReached(db: Pool | Tx, name: string): Promise<Reached> {
  const { rows } = await db.query<{ seq: string; time: Date | null }>(REACHED, [name]);
  return { seq: Number(rows[0]?.seq ?? 0), time: rows[0]?.time ?? undefined };
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
  const { seq = expected, time } = batch[0] ?? {};
  log.error({ projection: name, seq, why: cause.message }, "event cannot be projected, left out");
  await transaction(pool, (tx) => moveCheckpoint(tx, name, expected, { seq, time }));
}

/**
 * Writes a batch and moves the checkpoint over it. The commit does not wait for the disk: what a
 * power cut takes away is folded again, and the log needs the disk more. @throws CheckpointMoved
 */
async function write(o: BatchWriter, batch: Recorded[], expected: number): Promise<void> {
  const { seq = expected, time } = batch.at(-1) ?? {};
  await o.prepare?.(batch);
  await transaction(o.pool, async (tx) => {
    await Promise.all([
      tx.query("SET LOCAL synchronous_commit = off"),
      moveCheckpoint(tx, o.name, expected, { seq, time }),
    ]);
    await o.project(batch, tx);
  });
}

async function moveCheckpoint(
  tx: Tx,
  name: string,
  from: number,
  { seq, time }: Reached,
): Promise<void> {
  const moved = await tx.query({
    name: "move-checkpoint",
    text: `UPDATE checkpoint SET seq = $3, event_seq = $3, event_at = $4
      WHERE name = $1 AND seq = $2`,
    values: [name, from, seq, time],
  });
  if (moved.rowCount !== 1) throw new CheckpointMoved(`somebody moved ${name} from ${from}`);
}

/** SQLSTATE classes 22 (data), 23 (integrity) and 54 (limits): the same again at every try. */
const isRefusedData = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && /^(22|23|54)...$/.test(String(error.code));
