import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RetryDue } from "@waybill/schemas";
import type { Engine } from "./engines/engine.ts";
import { startNatsServer } from "./engines/nats-server.ts";
import { newMessageId } from "./ids.ts";
import { makeLog, type Log } from "./log.ts";
import { makeLogger } from "./logger.ts";
import { connectNats, type Nats } from "./nats.ts";
import { replay } from "./replay.ts";
import { ensureStreams, STREAMS } from "./streams.ts";
import { makeWake } from "./wake.ts";

const LATER = 3_600_000;
const log = makeLogger("silent", "test");
let folder: string;
let engine: Engine;
let nats: Nats;
let events: Log;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-wake-"));
  engine = await startNatsServer({ folder, log });
  nats = await connectNats(engine.url, "test", log);
  await ensureStreams(nats);
  events = makeLog(nats, 16);
});

afterAll(async () => {
  await nats.close();
  await engine.stop();
  rmSync(folder, { recursive: true });
});

const due = (tenant: string, change: Partial<RetryDue> = {}): RetryDue => ({
  type: "due",
  messageId: newMessageId(),
  tenant,
  time: "2026-01-01T00:00:00.000Z",
  traceId: "0".repeat(32),
  attempt: 1,
  rung: 0,
  envelope: { from: "a@x.test", recipients: ["b@y.test"], utf8: false },
  body: { store: "jetstream", chunks: [1], size: 1, sha256: "" },
  routing: { tags: [], fields: {} },
  waiting: { times: 1, for: ["p"] },
  ...change,
});

/** Sets so many timers of a tenant, the one so many milliseconds after the other; their messages. */
async function given(tenant: string, count: number, { from = LATER, step = 0 } = {}) {
  const all = Array.from({ length: count }, () => due(tenant));
  const start = Date.now() + from;
  await Promise.all(all.map((one, at) => events.schedule(one, new Date(start + at * step))));
  return all.map(({ messageId }) => messageId).toSorted();
}

async function fired(tenant: string): Promise<string[]> {
  const filters = [`mail.work.*.${tenant}.due`];
  const found: string[] = [];
  for await (const one of replay(nats, { stream: STREAMS.mail, filters }))
    found.push(one.json<RetryDue>().messageId);
  return found.toSorted();
}

const untilFired = async (tenant: string, count: number): Promise<string[]> => {
  for (;;) {
    const found = await fired(tenant);
    if (found.length >= count) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

const timersOf = async (tenant: string): Promise<number> => {
  const query = { subjects_filter: `timer.*.${tenant}.>` };
  const { state } = await nats.jsm.streams.info(STREAMS.mail, query);
  return Object.keys(state.subjects ?? {}).length;
};

const all = () => true;
const waitsForP = ({ waiting }: RetryDue) => waiting?.for.includes("p") === true;

test("a timer that is woken fires now and once; those of others stay", async () => {
  const wake = makeWake(nats, 16);
  const waiting = await given("t1", 200);
  await given("t2", 1);
  const other = due("t1", { waiting: { times: 1, for: ["q"] } });
  await events.schedule(other, new Date(Date.now() + LATER));
  expect(await wake({ tenant: "t1", isWanted: waitsForP })).toBe(200);
  expect(await untilFired("t1", 200)).toEqual(waiting);
  expect([await timersOf("t1"), await timersOf("t2")]).toEqual([1, 1]);
});

test("no more are woken than are asked for", async () => {
  await given("t3", 100);
  expect(await makeWake(nats, 16)({ tenant: "t3", isWanted: all, most: 1 })).toBe(1);
  await untilFired("t3", 1);
  expect(await timersOf("t3")).toBe(99);
});

test("timers that fire while they are woken fire once", async () => {
  const wake = makeWake(nats, 16);
  const waiting = await given("t4", 1000, { from: 1500, step: 1 });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  while ((await timersOf("t4")) > 0) await wake({ tenant: "t4", isWanted: all });
  await untilFired("t4", 1000);
  const last = due("t4");
  await events.schedule(last, new Date());
  expect(await untilFired("t4", 1001)).toEqual([...waiting, last.messageId].toSorted());
});

test("timers that are gone before they are read end the looking", async () => {
  await given("t5", 700);
  let seen = 0;
  const isWanted = (): boolean => {
    seen += 1;
    if (seen === 1) void nats.jsm.streams.purge(STREAMS.mail, { filter: "timer.*.t5.>" });
    return seen <= 64;
  };
  await makeWake(nats, 16)({ tenant: "t5", isWanted });
  expect(await timersOf("t5")).toBe(0);
});
