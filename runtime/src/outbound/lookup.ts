import { lookup as askSystem, Resolver } from "node:dns/promises";

/** The addresses of a name. @throws when it has none, or nobody answers */
export type Lookup = (name: string) => Promise<string[]>;

/** Milliseconds for one server's answer, and how often it is asked. */
const PATIENCE = { timeout: 2500, tries: 2 };

/** Whether a failed query leaves something to ask the system for. */
const isAnswered = (reason: unknown): boolean =>
  (reason as NodeJS.ErrnoException).code !== "ETIMEOUT";

/**
 * Asks the DNS, and for a name it does not know the system, which has the hosts file. The system's
 * resolver comes last because it keeps a thread of few while it waits: names whose servers are slow
 * would hold up the others.
 */
export const lookup: Lookup = async (name) => {
  const resolver = new Resolver(PATIENCE);
  const asked = await Promise.allSettled([resolver.resolve6(name), resolver.resolve4(name)]);
  const found = asked.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
  if (found.length > 0) return found;
  const failed = asked.find((one) => one.status === "rejected");
  if (failed !== undefined && !isAnswered(failed.reason)) throw failed.reason;
  return (await askSystem(name, { all: true })).map(({ address }) => address);
};
