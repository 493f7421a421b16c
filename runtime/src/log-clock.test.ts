import { pino } from "pino";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { followLogClock } from "./log-clock.ts";
import { type LogServer, startLog } from "./testing/log-server.ts";

const log = pino({ level: "silent" });
const HOUR = 3_600_000;
let server: LogServer;

beforeAll(async () => {
  server = await startLog();
});

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(() => server[Symbol.asyncDispose]());

/** The clock of this machine is set; the server's, and the one that nobody sets, are not. */
function setOwnClock(by: number): () => number {
  const real = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => real() + by);
  return real;
}

test.each([HOUR, -HOUR])("it is the server's time when ours is wrong by %i ms", async (by) => {
  const real = setOwnClock(by);
  const clock = await followLogClock(server.nats, log);
  expect(Math.abs(clock.now() - real())).toBeLessThan(HOUR / 2);
  clock.stop();
});

test.each([HOUR, -HOUR])("it goes on when ours is set by %i ms", async (by) => {
  const clock = await followLogClock(server.nats, log);
  const before = clock.now();
  const real = setOwnClock(by);
  expect(clock.now()).toBeGreaterThanOrEqual(before);
  expect(Math.abs(clock.now() - real())).toBeLessThan(HOUR / 2);
  clock.stop();
});

test("it asks again until the server has answered once", async () => {
  const request = vi.spyOn(server.nats.nc, "request").mockRejectedValueOnce(new Error("away"));
  const clock = await followLogClock(server.nats, log);
  expect(request).toHaveBeenCalledTimes(2);
  expect(Number.isInteger(clock.now())).toBe(true);
  clock.stop();
});
