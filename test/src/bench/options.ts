import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

export type BenchOptions = {
  /** Mails of a round. */
  mails: number;
  connections: number;
  /** Octets of a mail. */
  size: number;
  /** Rounds of each peer, in turns. */
  rounds: number;
  /** Folder, on the disk to be measured, in which everything is kept meanwhile; Postfix must be able to traverse it. */
  data: string;
  /** Waybill only, also where Postfix is installed. */
  alone: boolean;
  /** Folder for a CPU profile of each Node process of the relay. */
  profile?: string | undefined;
};

const flags = {
  mails: { type: "string", default: "10000" },
  connections: { type: "string", default: "20" },
  size: { type: "string", default: "4096" },
  rounds: { type: "string", default: "2" },
  data: { type: "string", default: tmpdir() },
  alone: { type: "boolean", default: false },
  profile: { type: "string" },
} as const;

function count(flag: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${flag} must be a whole number from 1`);
  return Number(text);
}

/** Reads the arguments of the command line. @throws Error that names the flag */
export function readOptions(args: string[]): BenchOptions {
  const { mails, connections, size, rounds, ...rest } = parseArgs({ args, options: flags }).values;
  return {
    mails: count("mails", mails),
    connections: count("connections", connections),
    size: count("size", size),
    rounds: count("rounds", rounds),
    ...rest,
  };
}
