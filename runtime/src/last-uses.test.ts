import { afterAll, beforeAll, expect, test } from "vitest";
import { makeLastUses } from "./last-uses.ts";
import { makeLogger } from "./logger.ts";
import { STREAMS } from "./streams.ts";
import { startLog, type LogServer } from "./testing/log-server.ts";

const log = makeLogger("silent", "test");
const START = Date.parse("2026-11-21T12:00:00.000Z");
let server: LogServer;
beforeAll(async () => {
  server = await startLog();
});
afterAll(() => server[Symbol.asyncDispose]());

const kept = async () => (await server.nats.jsm.streams.info(STREAMS.uses)).state.last_seq;

test("a secret's last use is told to the minute, by any process, and no other secret's", async () => {
  let now = START;
  const uses = makeLastUses(server.nats, log, () => now);
  expect(await uses.read("a", "apikey", "k")).toBeUndefined();
  uses.note("a", "apikey", "k");
  now += 59_999;
  uses.note("a", "apikey", "k");
  await expect.poll(kept).toBe(1);
  const elsewhere = makeLastUses(server.nats, log);
  expect(await elsewhere.read("a", "apikey", "k")).toBe("2026-11-21T12:00:00.000Z");
  now += 1;
  uses.note("a", "apikey", "k");
  await expect.poll(kept).toBe(2);
  expect(await elsewhere.read("a", "apikey", "k")).toBe("2026-11-21T12:01:00.000Z");
  expect(await uses.read("b", "apikey", "k")).toBeUndefined();
  expect(await uses.read("a", "credential", "k")).toBeUndefined();
});
