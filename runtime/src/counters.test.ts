import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { COUNTED } from "@waybill/schemas";
import { makeCounters, type Counters } from "./counters.ts";
import type { Engine } from "./engines/engine.ts";
import { startNatsServer } from "./engines/nats-server.ts";
import { LogUnavailable } from "./log.ts";
import { makeLogger } from "./logger.ts";
import { connectNats, type Nats } from "./nats.ts";
import { ensureStreams } from "./streams.ts";
import { windowOf } from "./windows.ts";
import { standStill } from "./testing/stand-still.ts";

const log = makeLogger("silent", "test");
const at = new Date("2026-11-21T15:59:59.999Z");
const hour = windowOf("hour", at);
let folder: string;
let engine: Engine;
const processes: Nats[] = [];
let one: Counters;
let other: Counters;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-counters-"));
  engine = await startNatsServer({ folder, log });
  for (const name of ["one", "other"]) processes.push(await connectNats(engine.url, name, log));
  const [first, second] = processes as [Nats, Nats];
  await ensureStreams(first);
  [one, other] = [makeCounters(first), makeCounters(second)];
});

afterAll(async () => {
  await Promise.all(processes.map((nats) => nats.close()));
  await engine.stop();
  rmSync(folder, { recursive: true });
});

test("a counter is 0 before anything was counted, and in the next window", async () => {
  expect(await one.read("t", "new", hour)).toBe(0);
  expect(await one.add("t", "new", hour, 3)).toBe(3);
  expect(await one.add("t", "new", hour, -1)).toBe(2);
  expect(await other.read("t", "new", hour)).toBe(2);
  expect(await other.read("t", "new", windowOf("hour", hour.endsAt))).toBe(0);
  expect(await other.read("t", "new", windowOf("day", at))).toBe(0);
});

test("counters of other tenants and subjects are others, whatever their names", async () => {
  const subjects = [COUNTED.tenant, COUNTED.credential("a.b *>"), COUNTED.user("a.b *>")];
  for (const tenant of ["t", "t-2"])
    for (const subject of subjects) expect(await one.add(tenant, subject, hour, 1)).toBe(1);
});

test("of many processes that add at once each is told another total, and none is lost", async () => {
  const adding = Array.from({ length: 400 }, (_, n) =>
    (n % 2 === 0 ? one : other).add("t", "many", hour, 1),
  );
  const totals = await Promise.all(adding);
  expect(totals.toSorted((a, b) => a - b)).toEqual(totals.map((_, n) => n + 1));
  expect(await one.read("t", "many", hour)).toBe(400);
});

test("what was counted is still counted after kill -9 of the server, and counting goes on", async () => {
  for (let n = 0; n < 5; n += 1) await one.add("t", "killed", hour, 7);
  process.kill(engine.pid, "SIGKILL");
  expect(await one.add("t", "killed", hour, 1)).toBe(36);
  expect(await one.add("t", "killed", hour, -1)).toBe(35);
});

test("nothing is promised while the server is away", async () => {
  await standStill(engine.pid);
  const asked = [
    one.read("t", "away", hour),
    one.add("t", "away", hour, 1),
    one.add("t", "away", hour, -1),
  ];
  const ended = await Promise.allSettled(asked);
  const reasons = ended.map((result) => (result.status === "rejected" ? result.reason : "kept"));
  for (const reason of reasons) expect(reason).toBeInstanceOf(LogUnavailable);
  process.kill(engine.pid, "SIGCONT");
  await expect(one.add("t", "back", hour, 1)).resolves.toBe(1);
});
