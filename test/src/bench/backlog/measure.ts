import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../relay/free-port.ts";
import { makeRelay, type Relay } from "../../relay/relay.ts";
import { CountingSink } from "../counting-sink.ts";
import { submitLoad, type Load } from "../load.ts";
import { UsageMeter } from "../usage.ts";

/** Peak resident MiB of each part of the relay. */
export type Memory = Record<string, number>;

export type BacklogFigures = {
  load: Load;
  /** From the first connection to the last 250. */
  acceptSeconds: number;
  /** Of the data folder, when all are accepted; before the first mail, `emptyDiskMiB`. */
  diskMiB: number;
  emptyDiskMiB: number;
  /** From a start with that backlog to the ready line. */
  startSeconds: number;
  /** From when the provider is back to its first mail, and from there to the last. */
  firstAfterSeconds: number;
  drainSeconds: number;
  memory: { accepting: Memory; waiting: Memory; draining: Memory };
};

const MIB = 1024 ** 2;

/** How long a started relay is watched while it has nothing to do but to wait. */
const WAITING_MS = 10_000;

/** Longer than any breaker stays open. */
const PATIENCE_MS = 600_000;

async function diskMiB(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  // What an engine removes meanwhile takes no room.
  const sizes = await Promise.all(paths.map((path) => stat(path).catch(() => ({ blocks: 0 }))));
  return Math.round((sizes.reduce((sum, { blocks }) => sum + blocks, 0) * 512) / MIB);
}

/** Runs a step; how long it took, in seconds, and what the relay held in memory meanwhile. */
async function metered(relay: Relay, step: () => Promise<unknown>) {
  const meter = new UsageMeter(() => relay.processes());
  meter.start();
  const begun = performance.now();
  await step();
  const seconds = Math.round(performance.now() - begun) / 1000;
  const parts = [...meter.stop()].map(([name, { peakBytes }]) => [
    name,
    Math.round(peakBytes / MIB),
  ]);
  return { seconds, memory: Object.fromEntries(parts) as Memory };
}

/** A provider that comes back: how long until its first mail, and from there until it has all. */
async function drain(port: number, mails: number, stack: AsyncDisposableStack) {
  const begun = Date.now();
  const sink = await stack.use(new CountingSink(port)).start();
  await sink.holds(1, PATIENCE_MS);
  const first = Date.now();
  const last = await sink.holds(mails, PATIENCE_MS);
  return { firstAfterSeconds: (first - begun) / 1000, drainSeconds: (last - first) / 1000 };
}

/**
 * Accepts so many mails for a provider that is away, starts anew with them, and lets the provider come
 * back. Everything it starts is the stack's to stop.
 */
export async function measureBacklog(
  load: Load,
  parent: string,
  outer: AsyncDisposableStack,
): Promise<BacklogFigures> {
  await using stack = outer.use(new AsyncDisposableStack());
  const folder = await mkdtemp(join(parent, "waybill-backlog-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const env = {
    WAYBILL_TRUSTED_NETWORKS: "127.0.0.0/8=demo",
    WAYBILL_RELAY_URL: `smtp://127.0.0.1:${port}`,
  };
  const relay = await makeRelay({ data: join(folder, "waybill"), env });
  stack.defer(() => relay.discard());
  await relay.start();
  const emptyDiskMiB = await diskMiB(relay.data);
  const accepting = await metered(relay, () => submitLoad(relay.smtpPort, load));
  const full = await diskMiB(relay.data);
  await relay.stop();
  const started = await metered(relay, () => relay.start());
  const waiting = await metered(relay, () => sleep(WAITING_MS));
  let drained = { firstAfterSeconds: NaN, drainSeconds: NaN };
  const draining = await metered(relay, async () => {
    drained = await drain(port, load.mails, stack);
  });
  return {
    load,
    acceptSeconds: accepting.seconds,
    emptyDiskMiB,
    diskMiB: full,
    startSeconds: started.seconds,
    ...drained,
    memory: { accepting: accepting.memory, waiting: waiting.memory, draining: draining.memory },
  };
}
