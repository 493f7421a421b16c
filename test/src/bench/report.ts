import { totalCpu, type Result } from "./result.ts";
import type { Spread } from "./statistics.ts";
import { NODE } from "./usage.ts";

const whole = (value: number): string => Math.round(value).toLocaleString("en");
const withSpread = ({ median, least, most }: Spread): string =>
  `${whole(median)} (${whole(least)} .. ${whole(most)})`;

const WIDTHS = [17, 24, 24, 10, 10];
const row = (...cells: string[]): string =>
  cells
    .map((cell, at) => cell.padEnd(WIDTHS[at] ?? 0))
    .join("")
    .trimEnd();

function peerRows({ peers, latencies }: Result): string[] {
  return Object.entries(peers).map(([name, { accepted, delivered }]) => {
    const { p50 = NaN, p99 = NaN } = latencies[name] ?? {};
    return row(name, withSpread(accepted), withSpread(delivered), p50.toFixed(1), p99.toFixed(1));
  });
}

const partRows = (result: Result): string[] =>
  Object.entries(result.parts)
    .filter(([name]) => name !== NODE)
    .map(([name, part]) => row(name, whole(part.cpuMicrosPerMail), whole(part.peakMiB)));

/** The result as a table for people. */
export function report(result: Result): string {
  const { load, submitter, fileSystem, ratio, toldAfterMs } = result;
  const rounds = result.rounds.length / Object.keys(result.peers).length;
  return [
    `${whole(load.mails)} mails of ${load.size} octets over ${load.connections} connections, ${rounds} rounds (${submitter})`,
    `disk: ${fileSystem}, ${withSpread(result.syncsPerSecond)} fdatasync/s`,
    "",
    row("", "250s a second", "delivered a second", "p50 ms", "p99 ms"),
    ...peerRows(result),
    ...(ratio === undefined ? [] : [`ratio of delivered, waybill : postfix = ${ratio.toFixed(2)}`]),
    "",
    row("", "CPU us a mail", "peak resident MiB"),
    ...partRows(result),
    row("together", whole(totalCpu(result)), `${whole(result.parts[NODE]?.peakMiB ?? NaN)} (Node)`),
    `the API shows the last mail delivered ${withSpread(toldAfterMs)} ms after the sink has it`,
    "",
  ].join("\n");
}
