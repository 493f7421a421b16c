import { afterAll, beforeAll, expect, test } from "vitest";
import { startSink, type Sink } from "./src/mail/sink.ts";
import { submit } from "./src/mail/submitter.ts";
import { ask } from "./src/relay/ask.ts";
import { residentMemory } from "./src/relay/processes.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";

const MIB = 1024 * 1024;

let sink: Sink;
let relay: Relay;

beforeAll(async () => {
  sink = await startSink();
  relay = await makeRelay({
    env: { WAYBILL_TRUSTED_NETWORKS: "127.0.0.0/8=demo", WAYBILL_RELAY_URL: sink.url },
  });
  await relay.start();
});

afterAll(async () => {
  await relay.discard();
  await sink.stop();
});

/** Resident memory of the relay's own processes, engines apart, by what they run. */
function nodeMemory(): Record<string, number> {
  const own = relay.processes().filter(({ command }) => /start\.js|--stages=/.test(command));
  return Object.fromEntries(
    own.map(({ pid, command }) => [
      command.split("--stages=")[1] ?? "parent",
      residentMemory(pid) / MIB,
    ]),
  );
}

const sum = (of: Record<string, number>): number => Object.values(of).reduce((a, b) => a + b, 0);

/** Mails of 25 MiB over 20 connections, to the sink; the most memory that was taken meanwhile. */
async function peakOf(mails: number, name: string): Promise<number> {
  const before = sink.received;
  let peak: Record<string, number> = {};
  const watch = setInterval(() => {
    const now = nodeMemory();
    if (sum(now) > sum(peak)) peak = now;
  }, 100);
  const report = await submit({
    host: "127.0.0.1",
    port: relay.smtpPort,
    mails,
    connections: 20,
    size: 25 * MIB - 2000,
    from: "a@x.test",
    to: () => ["b@y.test"],
    id: (index) => `${name}-${index}`,
  });
  await sink.waitFor(({ received }) => received >= before + mails, 120_000);
  clearInterval(watch);
  console.log(
    "peak, MiB:",
    Math.round(sum(peak)),
    JSON.stringify(peak, (_, value) => (typeof value === "number" ? Math.round(value) : value)),
  );
  expect(report.accepted).toHaveLength(mails);
  return sum(peak);
}

test("20 connections with 25 MiB each pass through with less than 400 MiB", async () => {
  expect(await peakOf(40, "plain")).toBeLessThan(400);
});

test("so they do when they are signed", async () => {
  await ask(relay, "POST", "/api/v1/dkim-keys", { domain: "x.test" });
  expect(await peakOf(20, "signed")).toBeLessThan(400);
}, 240_000);
