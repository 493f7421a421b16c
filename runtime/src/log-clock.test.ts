import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { startNatsServer } from "./engines/nats-server.ts";
import type { Engine } from "./engines/engine.ts";
import { followLogClock } from "./log-clock.ts";
import { connectNats, type Nats } from "./nats.ts";
import { ensureStreams } from "./streams.ts";

const log = pino({ level: "silent" });
const HOUR = 3_600_000;
let folder: string;
let engine: Engine;
let nats: Nats;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-clock-"));
  engine = await startNatsServer({ folder, log });
  nats = await connectNats(engine.url, "test", log);
  await ensureStreams(nats);
});

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(async () => {
  await nats.close();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The clock of this machine is set; the server's, and the one that nobody sets, are not. */
function setOwnClock(by: number): () => number {
  const real = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => real() + by);
  return real;
}

test.each([HOUR, -HOUR])("it is the server's time when ours is wrong by %i ms", async (by) => {
  const real = setOwnClock(by);
  const clock = await followLogClock(nats, log);
  expect(Math.abs(clock.now() - real())).toBeLessThan(HOUR / 2);
  clock.stop();
});

test.each([HOUR, -HOUR])("it goes on when ours is set by %i ms", async (by) => {
  const clock = await followLogClock(nats, log);
  const before = clock.now();
  const real = setOwnClock(by);
  expect(clock.now()).toBeGreaterThanOrEqual(before);
  expect(Math.abs(clock.now() - real())).toBeLessThan(HOUR / 2);
  clock.stop();
});

test("it asks again until the server has answered once", async () => {
  const request = vi.spyOn(nats.nc, "request").mockRejectedValueOnce(new Error("away"));
  const clock = await followLogClock(nats, log);
  expect(request).toHaveBeenCalledTimes(2);
  expect(Number.isInteger(clock.now())).toBe(true);
  clock.stop();
});
