import { parseArgs } from "node:util";

export type ChaosOptions = {
  /** Of faults; what comes before and after takes another minute or two. */
  minutes: number;
  seed: number;
  /** File for what the relay and its nats-server print. */
  log?: string | undefined;
};

const flags = {
  minutes: { type: "string", default: "5" },
  seed: { type: "string" },
  log: { type: "string" },
} as const;

/** Reads the arguments of the command line. @throws Error that names the flag */
export function readOptions(args: string[], aSeed: number): ChaosOptions {
  const { minutes, seed = String(aSeed), log } = parseArgs({ args, options: flags }).values;
  if (!/^\d+(\.\d+)?$/.test(minutes) || Number(minutes) === 0)
    throw new Error("--minutes must be a number above 0");
  if (!/^\d{1,9}$/.test(seed)) throw new Error("--seed must be a whole number of 9 digits at most");
  return { minutes: Number(minutes), seed: Number(seed), log };
}
