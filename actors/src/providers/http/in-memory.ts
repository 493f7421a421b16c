import { atMost } from "@waybill/runtime";

/** Octets from which a message is large, and how many large ones are in memory at once. */
const LARGE = 2 * 1024 * 1024;
const LARGE_AT_ONCE = 2;

/** Runs a task for a message of this many octets when it is its turn. */
export type InMemory = <T>(size: number, task: () => Promise<T>) => Promise<T>;

/**
 * Bounds how many messages a provider holds in memory while it sends them: as many as it has requests
 * at once, and few large ones. The others wait unread, each in its turn.
 */
export function inMemory(concurrency: number): InMemory {
  const all = atMost(concurrency);
  const large = atMost(LARGE_AT_ONCE);
  return (size, task) => (size > LARGE ? large(() => all(task)) : all(task));
}
