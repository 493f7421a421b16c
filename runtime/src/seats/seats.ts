import { isConflict } from "../control.ts";
import { LogUnavailable } from "../log.ts";
import type { Logger } from "../logger.ts";
import { newMessageId as newId } from "../ids.ts";
import { directGet } from "../direct-get.ts";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";
import { Ledger, type SeatBook } from "./ledger.ts";

/** Connections of tenants at once, counted exactly over all processes. */
export interface Seats {
  /**
   * Takes a seat; resolves with false when all of `max` are taken, at once where any number may be.
   * One that was taken is given back by `leave`. @throws LogUnavailable
   */
  enter(tenant: string, max: number | undefined): Promise<boolean>;
  leave(tenant: string): void;
  /** Tells the others what is held here: any number might be held before there was a limit. */
  share(tenant: string): void;
  /** Seats taken in all processes, of a tenant whose seats are limited. @throws LogUnavailable */
  read(tenant: string): Promise<number>;
  /** Resolves when what was left is given back. */
  close(): Promise<void>;
}

/** After a process died, its seats are taken for so long. */
const LEASE = { seconds: 30, repeatedMs: 10_000 };

async function orUnavailable<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw new LogUnavailable(error);
  }
}

type Said = { subject: string; held: number; seq: number };

/** What every process says of a tenant. @throws LogUnavailable */
async function saidOf(nats: Nats, tenant: string): Promise<Said[]> {
  const query = { multi_last: [`seat.${tenant}.*`] };
  const found = await orUnavailable(directGet(nats, STREAMS.seats, query));
  return found.map((one) => ({ subject: one.subject, seq: one.seq, held: Number(one.string()) }));
}

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

/** The stream SEATS as the book of one tenant: a message of each process, gone when it is not repeated. */
function bookOf(nats: Nats, tenant: string, own: string, lease: number): SeatBook {
  const send = async (held: number, after?: number): Promise<void> => {
    const all = { lastSubjectSequence: after ?? 0, lastSubjectSequenceSubject: `seat.${tenant}.*` };
    const options = { ttl: `${lease}s`, ...(after === undefined ? {} : { expect: all }) };
    await nats.js.publish(own, String(held), options);
  };
  return {
    look: async () => {
      const said = await saidOf(nats, tenant);
      const others = said.filter(({ subject }) => subject !== own);
      return {
        others: sum(others.map(({ held }) => held)),
        seq: Math.max(0, ...said.map(({ seq }) => seq)),
      };
    },
    say: async (held, after) => {
      try {
        await send(held, after);
        return true;
      } catch (error) {
        if (isConflict(error)) return false;
        throw new LogUnavailable(error);
      }
    },
  };
}

/** Seats in the stream SEATS, as one of the processes that share them. */
export function makeSeats(nats: Nats, log: Pick<Logger, "warn">, lease = LEASE): Seats {
  const process = newId();
  const ledgers = new Map<string, Ledger>();
  const ledgerOf = (tenant: string): Ledger => {
    const own = `seat.${tenant}.${process}`;
    const ledger = ledgers.get(tenant) ?? new Ledger(bookOf(nats, tenant, own, lease.seconds));
    ledgers.set(tenant, ledger);
    return ledger;
  };
  const repeat = (ledger: Ledger | undefined) =>
    void ledger
      ?.repeat()
      .catch((err: unknown) => log.warn({ err }, "connections were not counted again"));
  const timer = setInterval(() => {
    for (const [tenant, ledger] of ledgers) {
      if (ledger.isIdle) ledgers.delete(tenant);
      else if (ledger.isShared) repeat(ledger);
    }
  }, lease.repeatedMs).unref();
  return {
    enter: async (tenant, max) => {
      const ledger = ledgerOf(tenant);
      if (max !== undefined) return ledger.enter(max);
      ledger.take();
      return true;
    },
    leave: (tenant) => ledgers.get(tenant)?.leave(),
    share: (tenant) => repeat(ledgers.get(tenant)),
    read: async (tenant) => sum((await saidOf(nats, tenant)).map(({ held }) => held)),
    close: async () => {
      clearInterval(timer);
      await Promise.all([...ledgers.values()].map((ledger) => ledger.settled()));
    },
  };
}
