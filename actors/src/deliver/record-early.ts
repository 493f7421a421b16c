import type { Outcome } from "@waybill/schemas";
import { addressesOf } from "./facts.ts";

/** Milliseconds for which what is told of some waits for more of it. */
const GATHER = 100;

type Records = (outcomes: Outcome[]) => Promise<void>;

/**
 * Records whom a provider has taken while it sends to others of the same attempt, so that a crash repeats
 * no more of it than its last moment; one record at a time. What could not be recorded, or was not yet, is
 * left to the attempt's end.
 */
export function recordEarly(record: Records) {
  const recorded = new Set<string>();
  const known = new Set<string>();
  let waiting: Outcome[] = [];
  let recording: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const keep = async (taken: Outcome[]) => {
    await record(taken);
    for (const one of addressesOf(taken)) recorded.add(one);
  };
  const gather = () => {
    if (isOver || waiting.length === 0 || recording !== undefined) return;
    timer ??= setTimeout(flush, GATHER);
  };
  const flush = () => {
    const taken = waiting;
    [waiting, timer] = [[], undefined];
    const done = () => {
      recording = undefined;
      gather();
    };
    recording = keep(taken)
      .catch(() => undefined)
      .finally(done);
  };
  return {
    /** Says what became of some. */
    tell: (outcomes: readonly Outcome[]): void => {
      const taken = outcomes.filter((one) => one.class === "accepted" && !known.has(one.recipient));
      for (const one of addressesOf(taken)) known.add(one);
      waiting.push(...taken);
      gather();
    },
    /** Begins no other record. */
    stop: (): void => {
      isOver = true;
      clearTimeout(timer);
    },
    /** Resolves with those who are recorded when no record is under way. */
    recorded: async (): Promise<ReadonlySet<string>> => {
      await recording;
      return recorded;
    },
  };
}
