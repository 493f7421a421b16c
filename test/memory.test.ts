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
  const key = { domain: "x.test", algorithm: "rsa" };
  await ask(relay, "POST", "/api/v1/dkim-keys", key);
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

test("20 connections with 25 MiB each pass through, and are signed, with less than 400 MiB", async () => {
  let peak: Record<string, number> = {};
  const watch = setInterval(() => {
    const now = nodeMemory();
    if (sum(now) > sum(peak)) peak = now;
  }, 100);
  const report = await submit({
    host: "127.0.0.1",
    port: relay.smtpPort,
    mails: 40,
    connections: 20,
    size: 25 * MIB - 2000,
    from: "a@x.test",
    to: () => ["b@y.test"],
    id: (index) => `big-${index}`,
  });
  await sink.waitFor(({ received }) => received >= 40, 60_000);
  clearInterval(watch);
  console.log(
    "peak, MiB:",
    Math.round(sum(peak)),
    JSON.stringify(peak, (_, value) => (typeof value === "number" ? Math.round(value) : value)),
  );
  expect(report.accepted).toHaveLength(40);
  expect(sum(peak)).toBeLessThan(400);
});
