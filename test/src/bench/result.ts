import type { Load } from "./load.ts";
import type { Round } from "./round.ts";
import { median, spread, type Spread } from "./statistics.ts";
import { NODE, type Usage } from "./usage.ts";

/** What was measured. */
export type Measured = {
  load: Load;
  submitter: string;
  fileSystem: string;
  /** fdatasync per second, before each round. */
  syncsPerSecond: number[];
  rounds: Round[];
  /** Of the Waybill rounds, in order. */
  usages: ReadonlyMap<string, Usage>[];
  /** Milliseconds from MAIL to the 250, by peer. */
  latencies: Record<string, { p50: number; p99: number }>;
};

type PeerResult = { accepted: Spread; delivered: Spread };
type PartResult = { cpuMicrosPerMail: number; peakMiB: number };

/** What is told, in numbers: medians of the rounds, with least and most. */
export type Result = Omit<Measured, "usages" | "syncsPerSecond"> & {
  syncsPerSecond: Spread;
  peers: Record<string, PeerResult>;
  parts: Record<string, PartResult>;
  toldAfterMs: Spread;
  /** Median of Waybill's end-to-end rates by that of Postfix. */
  ratio?: number;
};

const MIB = 1024 * 1024;

function peerResult(rounds: readonly Round[]): PeerResult {
  return {
    accepted: spread(rounds.map((round) => round.acceptedPerSecond)),
    delivered: spread(rounds.map((round) => round.deliveredPerSecond)),
  };
}

function partResult(usages: readonly Usage[], mails: number): PartResult {
  return {
    cpuMicrosPerMail: median(usages.map(({ cpuSeconds }) => (cpuSeconds * 1e6) / mails)),
    peakMiB: Math.max(...usages.map(({ peakBytes }) => peakBytes)) / MIB,
  };
}

function partsOf({ usages, load }: Measured): Record<string, PartResult> {
  const names = [...(usages[0]?.keys() ?? [])];
  const of = (name: string) => usages.flatMap((usage) => usage.get(name) ?? []);
  return Object.fromEntries(names.map((name) => [name, partResult(of(name), load.mails)]));
}

/** Derives what is told from what was measured. */
export function resultOf(measured: Measured): Result {
  const { usages: _usages, syncsPerSecond, ...rest } = measured;
  const byPeer = Map.groupBy(measured.rounds, ({ peer }) => peer);
  const peers = Object.fromEntries([...byPeer].map(([name, of]) => [name, peerResult(of)]));
  const [own, other] = [peers.waybill, peers.postfix];
  return {
    ...rest,
    syncsPerSecond: spread(syncsPerSecond),
    peers,
    parts: partsOf(measured),
    toldAfterMs: spread(measured.rounds.flatMap(({ toldAfterMs }) => toldAfterMs ?? [])),
    ...(own && other && { ratio: own.delivered.median / other.delivered.median }),
  };
}

/** Processor time of all parts together, microseconds a mail. */
export const totalCpu = ({ parts }: Result): number =>
  Object.entries(parts)
    .filter(([name]) => name !== NODE)
    .reduce((total, [, { cpuMicrosPerMail }]) => total + cpuMicrosPerMail, 0);
