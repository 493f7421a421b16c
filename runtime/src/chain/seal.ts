import { type ChainLink, chainSubject, tenantEvents } from "@waybill/schemas";
import { type Batch, keptAt } from "../consume-after.ts";
import { keepTrying, pause } from "../keep-trying.ts";
import type { Logger } from "../logger.ts";
import type { Nats } from "../nats.ts";
import { type Progress, tellLag } from "../projection-lag.ts";
import { readStream } from "../read-stream.ts";
import { STREAMS } from "../streams.ts";
import { Feed, type Sealed, sealedOf } from "./feed.ts";
import { Heads } from "./heads.ts";
import { lastStored } from "./read.ts";

/** Milliseconds from one batch to the next, at least, unless it is full; events of a batch at most. */
const [PACE, BATCH] = [500, 2000];

const EVENTS = { stream: STREAMS.mail, filters: [tenantEvents("*")] };

export type SealerOptions = { nats: Nats; log: Pick<Logger, "warn"> };

/** A sealer at work. */
export type Sealer = {
  /** Takes over what was read of MAIL, for whatever else: nothing is read again but what was missed. */
  offer: (batch: Batch) => void;
  /** Every event up to this sequence is in a link; 0 until it knows. */
  sealed(): number;
  stop(): Promise<void>;
};

/**
 * Seals the events of MAIL into a hash chain for each tenant (ADR 0010), as far as a reader has come and says so:
 * in batches of what was offered while the one before was written, one link a tenant. Goes on where the links end, and
 * begins again from there after every failure; of two that run, one loses each race for the next link, and a chain has no fork.
 */
export function sealEvents({ nats, log }: SealerOptions): Sealer {
  const stopped = new AbortController();
  const { signal } = stopped;
  const lag = tellLag({ nats, name: "chain", ...EVENTS });
  const feed = new Feed(signal);
  const done = keepTrying(
    (gotOn) => follow(nats, feed, signal, lag, gotOn),
    signal,
    (why) => log.warn({ why }, "sealing begins again from the last link"),
  ).finally(() => lag.end());
  return {
    offer: ({ after, messages }) =>
      feed.offer(
        after,
        messages.map((message) => sealedOf(message, keptAt(message))),
      ),
    sealed: () => lag.checkpoint ?? 0,
    stop: () => {
      stopped.abort();
      return done;
    },
  };
}

async function follow(
  nats: Nats,
  feed: Feed,
  signal: AbortSignal,
  at: Progress,
  gotOn: () => void,
): Promise<void> {
  const heads = new Heads(nats);
  let after = await sealedThrough(nats);
  for (let portion; (portion = await feed.next(BATCH));) {
    if (portion.after > after) after = await sealMissed(nats, heads, portion.after, signal);
    const next = pause(portion.events.length < BATCH ? PACE : 0, signal);
    await sealBatch(heads, portion.events, after);
    after = Math.max(after, portion.through);
    at.checkpoint = after;
    gotOn();
    await next;
  }
}

/** Everything up to there is in a link, whoever wrote it. @throws LogUnavailable */
const sealedThrough = async (nats: Nats): Promise<number> =>
  (await lastStored(nats, chainSubject("*")))?.json<ChainLink>().after ?? 0;

/**
 * Seals what nobody offered, from the end of the links: what came before this process, or while links could not be
 * written. @returns `through`, or less when told to stop
 */
async function sealMissed(
  nats: Nats,
  heads: Heads,
  through: number,
  signal?: AbortSignal,
): Promise<number> {
  let [after, batch]: [number, Sealed[]] = [await sealedThrough(nats), []];
  for await (const event of readStream(nats, { ...EVENTS, from: after + 1, through })) {
    if (signal?.aborted === true) return after;
    batch.push(sealedOf(event, event.time.getTime()));
    if (batch.length < BATCH) continue;
    await sealBatch(heads, batch, after);
    [after, batch] = [event.seq, []];
  }
  await sealBatch(heads, batch, after);
  return Math.max(after, through);
}

/** Seals what the log holds, once. @throws when another sealer writes at the same time, or the log does not answer */
export async function sealAll(nats: Nats): Promise<void> {
  const { state } = await nats.jsm.streams.info(STREAMS.mail);
  await sealMissed(nats, new Heads(nats), state.last_seq);
}

/** All links of a batch are kept before one of the next is written: `after` of a link is true. */
async function sealBatch(heads: Heads, batch: readonly Sealed[], after: number): Promise<void> {
  const tenants = Map.groupBy(batch, ({ tenant }) => tenant);
  await Promise.all(
    [...tenants].map(([tenant, sealed]) =>
      heads.append(
        tenant,
        sealed.map(({ leaf }) => leaf),
        after,
      ),
    ),
  );
}
