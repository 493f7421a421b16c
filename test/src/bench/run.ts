import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { percentile } from "../mail/submitter.ts";
import type { Relay } from "../relay/relay.ts";
import { CountingSink } from "./counting-sink.ts";
import { fileSystemOf, syncsPerSecond } from "./disk.ts";
import { type Load, submitMeasured, SUBMITTER } from "./load.ts";
import type { BenchOptions } from "./options.ts";
import type { Peer } from "./peer.ts";
import { hasPostfix, startPostfix } from "./postfix-peer.ts";
import type { Measured } from "./result.ts";
import { runRound } from "./round.ts";
import { UsageMeter } from "./usage.ts";
import { makeWaybill, waybillPeer } from "./waybill-peer.ts";

/** Mails that warm a peer up: V8 goes on compiling for some ten thousand. */
export const WARM_UP = 10_000;

/** Mails of the run that times the 250. */
const SHORT = 2000;

async function latencyOf(peer: Peer, load: Load): Promise<{ p50: number; p99: number }> {
  const latencies = await submitMeasured(peer.port, load);
  return { p50: percentile(latencies, 50), p99: percentile(latencies, 99) };
}

/** An empty folder for everything; removed with the stack. */
export async function makeFolder(parent: string, stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(parent, "waybill-bench-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  return folder;
}

/** What is measured on: peers that run, and the sink behind them. */
type Stand = { folder: string; sink: CountingSink; relay: Relay; peers: Peer[] };

/** Starts the sink and the peers; the stack stops them. */
async function setUp(options: BenchOptions, stack: AsyncDisposableStack): Promise<Stand> {
  const folder = await makeFolder(options.data, stack);
  const sink = await stack.use(new CountingSink()).start();
  const relay = await makeWaybill(folder, sink.port, options);
  stack.defer(() => relay.discard());
  await relay.start();
  const peers = [waybillPeer(relay)];
  if (hasPostfix() && !options.alone)
    peers.push(await startPostfix(join(folder, "postfix"), sink.port, stack));
  return { folder, sink, relay, peers };
}

/** One round of one peer; the relay's processes are metered in its own rounds. */
async function measure(stand: Stand, peer: Peer, measured: Measured): Promise<void> {
  const { folder, sink, relay } = stand;
  measured.syncsPerSecond.push(syncsPerSecond(folder));
  const meter = new UsageMeter(() => relay.processes());
  if (peer.tellsDelivered) meter.start();
  measured.rounds.push(await runRound(peer, sink, measured.load));
  if (peer.tellsDelivered) measured.usages.push(meter.stop());
}

/**
 * Runs the bench: warms the peers up, then sends through one after the other, round by round, and at
 * last times the 250. Everything it starts is the stack's to stop.
 */
export async function runBench(
  options: BenchOptions,
  stack: AsyncDisposableStack,
): Promise<Measured> {
  const stand = await setUp(options, stack);
  const { mails, connections, size } = options;
  const load = { mails, connections, size };
  const fileSystem = fileSystemOf(stand.folder);
  const empty = { syncsPerSecond: [], rounds: [], usages: [], latencies: {} };
  const measured: Measured = { load, submitter: SUBMITTER, fileSystem, ...empty };
  const short = { ...load, mails: Math.min(mails, SHORT) };
  const warmUp = { ...load, mails: Math.min(mails, WARM_UP) };
  for (const peer of stand.peers) await runRound(peer, stand.sink, warmUp);
  for (let round = 0; round < options.rounds; round += 1)
    for (const peer of stand.peers) await measure(stand, peer, measured);
  for (const peer of stand.peers) measured.latencies[peer.name] = await latencyOf(peer, short);
  return measured;
}
