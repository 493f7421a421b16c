import type { ConsumerMessages } from "@nats-io/jetstream";
import { inBatches } from "./batches.ts";
import { type Batch, consumeAfter, type Followed, OtherLog } from "./consume-after.ts";
import { keepTrying, pause } from "./keep-trying.ts";
import { endWhenSilent } from "./silence.ts";
import { type Progress, tellLag } from "./projection-lag.ts";
import {
  type BatchWriter,
  CheckpointMoved,
  commitBatch,
  readCheckpoint,
  readReached,
} from "./batch-writer.ts";

export type ProjectionOptions = BatchWriter &
  Followed & {
    /** Events a transaction at most. */
    batchSize?: number;
    /** Told of each batch that is written, and of the checkpoint at which it begins. */
    written?: (batch: Batch) => void;
  };

export type RunningProjection = {
  /** Commits the batch in hand and ends. */
  stop(): Promise<void>;
};

/**
 * Follows a stream from its checkpoint and keeps views of it. A batch is what has arrived while
 * the one before was written: small when little happens, large in a flood. Its transaction moves
 * the checkpoint first, and only from where we left it, so that of two writers one wins and the
 * other begins again from what it finds. It begins again after every other failure too (no
 * Postgres, no NATS), with growing pauses, until stopped. Before each beginning it makes sure that the log
 * is the one that the views were made from, and leaves them as they are while it is another.
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

/** Milliseconds for which who lost a race leaves the views to the other writer: else both would write a few events at a time. */
const GIVE_WAY = 1000;

async function followForEver(options: ProjectionOptions, signal: AbortSignal): Promise<void> {
  const { log, name } = options;
  const lag = tellLag(options);
  const work = (gotOn: () => void) =>
    follow(options, signal, lag, gotOn)
      .catch(async (error: unknown) => {
        if (error instanceof CheckpointMoved) await pause(GIVE_WAY, signal);
        // Nothing of the log that is there is written.
        if (error instanceof OtherLog) lag.checkpoint = 0;
        throw error;
      })
      .finally(() => options.reset());
  await keepTrying(work, signal, (why) =>
    log.warn({ projection: name, why }, "projection begins again from its checkpoint"),
  );
  lag.end();
}

async function follow(
  options: ProjectionOptions,
  signal: AbortSignal,
  at: Progress,
  progressed: () => void,
): Promise<void> {
  const { pool, name, batchSize = 500, written = () => undefined, log } = options;
  const reached = await readReached(pool, name);
  const messages = await consumeAfter(options, reached);
  let checkpoint = reached.seq;
  at.checkpoint = checkpoint;
  written({ after: checkpoint, messages: [] });
  const stop = () => messages.stop();
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  const left = watchCheckpoint(options, () => checkpoint, messages);
  try {
    const heard = endWhenSilent(messages, true);
    for await (const batch of inBatches(messages, batchSize)) {
      heard();
      const next = pause(batch.length < batchSize ? PACE : 0, signal);
      await commitBatch(options, batch, checkpoint);
      written({ after: checkpoint, messages: batch });
      checkpoint = batch.at(-1)?.seq ?? checkpoint;
      log.debug({ projection: name, checkpoint, lag: batch.at(-1)?.info.pending }, "projected");
      at.checkpoint = checkpoint;
      progressed();
      await next;
      if (signal.aborted) break;
    }
  } finally {
    left();
    signal.removeEventListener("abort", stop);
    await messages.close();
  }
}

/** Milliseconds between two looks at where the views are. */
const LOOK = 5000;

/**
 * Ends the reading when the views are behind where we left them: another server of PostgreSQL took over, without the
 * last transactions. Where nothing happens no transaction would find out.
 */
function watchCheckpoint(
  { pool, name }: ProjectionOptions,
  reached: () => number,
  messages: ConsumerMessages,
): () => void {
  const look = async (): Promise<void> => {
    const before = reached();
    const found = await readCheckpoint(pool, name).catch(() => before);
    if (found < before) messages.stop(new Error(`the views are at ${found}, not at ${before}`));
  };
  const timer = setInterval(() => void look(), LOOK).unref();
  return () => clearInterval(timer);
}

/**
 * Milliseconds from one transaction to the next, at least: what arrives meanwhile is written
 * together. A transaction for every few events costs Postgres and us several times as much.
 */
const PACE = 100;
