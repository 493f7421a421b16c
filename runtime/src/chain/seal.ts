import type { ConsumerMessages } from "@nats-io/jetstream";
import {
  type ChainLeaf,
  type ChainLink,
  chainSubject,
  parseMailSubject,
  tenantEvents,
} from "@waybill/schemas";
import { inBatches } from "../batches.ts";
import { consumeAfter } from "../consume-after.ts";
import { keepTrying, pause } from "../keep-trying.ts";
import type { Logger } from "../logger.ts";
import type { Nats } from "../nats.ts";
import { type Progress, tellLag } from "../projection-lag.ts";
import { endWhenSilent } from "../silence.ts";
import { STREAMS } from "../streams.ts";
import { Heads } from "./heads.ts";
import { leafOf } from "./leaf.ts";
import { lastStored } from "./read.ts";

/** Milliseconds from one batch to the next, at least, unless it is full; events of a batch at most. */
const [PACE, BATCH] = [500, 2000];

const EVENTS = tenantEvents("*");

type Sealed = { tenant: string; leaf: ChainLeaf };

export type SealerOptions = { nats: Nats; log: Pick<Logger, "warn"> };

/** A sealer at work. */
export type Sealer = {
  /** Every event up to this sequence is in a link; 0 until it knows. */
  sealed(): number;
  stop(): Promise<void>;
};

/**
 * Seals the events of MAIL into a hash chain for each tenant (ADR 0010): in batches of what has arrived
 * while the one before was written, one link a tenant. Goes on where the links end, and begins again from there after every
 * failure; of two that run, one loses each race for the next link, and a chain has no fork.
 */
export function sealEvents({ nats, log }: SealerOptions): Sealer {
  const stopped = new AbortController();
  const { signal } = stopped;
  const lag = tellLag({ nats, name: "chain", stream: STREAMS.mail, filters: [EVENTS] });
  const done = keepTrying(
    (gotOn) => follow(nats, signal, lag, gotOn),
    signal,
    (why) => log.warn({ why }, "sealing begins again from the last link"),
  ).finally(() => lag.end());
  return {
    sealed: () => lag.checkpoint ?? 0,
    stop: () => {
      stopped.abort();
      return done;
    },
  };
}

async function follow(
  nats: Nats,
  signal: AbortSignal,
  at: Progress,
  gotOn: () => void,
): Promise<void> {
  const heads = new Heads(nats);
  let after = (await lastStored(nats, chainSubject("*")))?.json<ChainLink>().after ?? 0;
  const messages = await consumeAfter(
    { nats, stream: STREAMS.mail, filters: [EVENTS] },
    after,
    "links",
  );
  const stop = () => messages.stop();
  signal.addEventListener("abort", stop);
  try {
    for await (const batch of inBatches(hashed(messages), BATCH)) {
      const next = pause(batch.length < BATCH ? PACE : 0, signal);
      await sealBatch(heads, batch, after);
      after = batch.at(-1)?.leaf[0] ?? after;
      at.checkpoint = after;
      gotOn();
      await next;
      if (signal.aborted) break;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    await messages.close();
  }
}

/** Of an event only its leaf stays in memory. @throws ServerSilent */
async function* hashed(messages: ConsumerMessages): AsyncGenerator<Sealed> {
  const heard = endWhenSilent(messages, true);
  for await (const { subject, seq, data, info } of messages) {
    heard();
    const time = Math.floor(info.timestampNanos / 1e6);
    const { tenant } = parseMailSubject(subject);
    yield { tenant, leaf: [seq, time, leafOf(subject, data)] };
  }
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
