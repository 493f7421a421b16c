import { randomUUID } from "node:crypto";
import type { PubAck } from "@nats-io/jetstream";
import { headers } from "@nats-io/transport-node";
import { limitSubject } from "@waybill/schemas";
import { LogUnavailable, publishAcked, type Publication } from "./log.ts";
import type { Nats } from "./nats.ts";
import { STREAMS } from "./streams.ts";
import type { Window } from "./windows.ts";

/**
 * Counters that every process shares, one for each tenant, subject and window: message counters of
 * the stream LIMITS (ADR-49 of NATS). A window that ended is not reset; the next one is another counter.
 */
export interface Counters {
  /**
   * Adds `n`, a whole number, and resolves with the total that is durable then, `n` included: of
   * many who add at once each is told another total. What is taken away (`n` below 0) is sent once,
   * what is added until it is acknowledged, so that a counter may say too much after a failure and
   * never too little. @throws LogUnavailable
   */
  add(tenant: string, subject: string, window: Window, n: number): Promise<number>;
  /** The total as of now; in a cluster, as a follower has it. @throws LogUnavailable */
  read(tenant: string, subject: string, window: Window): Promise<number>;
}

const increment = (subject: string, n: number): Publication => {
  const said = headers();
  said.set("Nats-Incr", String(n));
  const options = { msgID: randomUUID(), headers: said };
  return { stream: STREAMS.limits, subject, payload: "", options };
};

/** Asks once: what was overwritten is no duplicate after a restart, so a second try could count twice. */
const publishOnce = (nats: Nats, { stream, subject, payload, options }: Publication) =>
  nats.inFlight(stream)(() => nats.js.publish(subject, payload, options));

const valueOf = (message: { string(): string } | null): number =>
  message === null ? 0 : Number((JSON.parse(message.string()) as { val: string }).val);

async function orUnavailable<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw error instanceof LogUnavailable ? error : new LogUnavailable(error);
  }
}

/** The stream LIMITS as counters. */
export function makeCounters(nats: Nats): Counters {
  const { direct, streams } = nats.jsm;
  const add = async (subject: string, n: number): Promise<number> => {
    const send = n < 0 ? publishOnce : publishAcked;
    const { val }: PubAck & { val?: string } = await send(nats, increment(subject, n));
    // The acknowledgement of a repeated one has no total: the leader of the stream knows it.
    if (val !== undefined) return Number(val);
    return valueOf(await streams.getMessage(STREAMS.limits, { last_by_subj: subject }));
  };
  return {
    add: (tenant, subject, window, n) =>
      orUnavailable(add(limitSubject(tenant, subject, window.name), n)),
    read: async (tenant, subject, window) => {
      const query = { last_by_subj: limitSubject(tenant, subject, window.name) };
      return valueOf(await orUnavailable(direct.getMessage(STREAMS.limits, query)));
    },
  };
}
