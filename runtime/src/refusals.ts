import { hostname } from "node:os";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Nats } from "./nats.ts";

/** On which a process says that a stream takes nothing of it, or takes something again. */
const SUBJECT = "waybill.refusals";

/** Milliseconds between two words of the same; after which a word is none any more. */
const [AGAIN, HOLDS] = [1000, 30_000];

type Told = { at: string; stream: string; isRefused: boolean };

/** What a process tells of the streams that did not take what it wrote, in the time that a client at the door waits. */
export class Refusals {
  readonly #nc: NatsConnection;
  readonly #told = new Map<string, number>();

  constructor(nc: NatsConnection) {
    this.#nc = nc;
  }

  /** Nothing was taken in time. */
  refused(stream: string): void {
    const now = Date.now();
    if (now - (this.#told.get(stream) ?? 0) < AGAIN) return;
    this.#told.set(stream, now);
    this.#tell(stream, true);
  }

  /** Something was taken: called for every message. */
  taken(stream: string): void {
    if (this.#told.size > 0 && this.#told.delete(stream)) this.#tell(stream, false);
  }

  /** Without the log, which may take nothing; lost while the connection is away, as are publishes. */
  #tell(stream: string, isRefused: boolean): void {
    const told: Told = { at: `${hostname()}:${process.pid}`, stream, isRefused };
    if (!this.#nc.isClosed()) this.#nc.publish(SUBJECT, JSON.stringify(told));
  }
}

/**
 * Follows which streams refuse what is written: those that did not take the last thing that some
 * process wrote, in the last 30 s. After that nobody knows, and whoever stays away because of it
 * (a balancer, with its mail) would never find out.
 * @returns their names, as of when it is called
 */
export function followRefusals({ nc }: Nats, now: () => number = Date.now): () => string[] {
  const until = new Map<string, { stream: string; end: number }>();
  nc.subscribe(SUBJECT, {
    callback: (_, message) => {
      const { at, stream, isRefused } = message.json<Told>();
      const key = `${at} ${stream}`;
      if (isRefused) until.set(key, { stream, end: now() + HOLDS });
      else until.delete(key);
    },
  });
  return () => {
    for (const [key, { end }] of until) if (end <= now()) until.delete(key);
    return [...new Set([...until.values()].map(({ stream }) => stream))].toSorted();
  };
}
