import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { sweepHourly } from "./run.ts";

const [MINUTE, HOUR] = [60_000, 3_600_000];

const warn = vi.fn<() => void>();
beforeEach(() => {
  vi.useFakeTimers();
  warn.mockClear();
});
afterEach(() => vi.useRealTimers());

it("sweeps a minute after the start, and every hour", async () => {
  const sweep = vi.fn<() => Promise<void>>(async () => undefined);
  const sweeper = sweepHourly(sweep, { warn });
  await vi.advanceTimersByTimeAsync(MINUTE - 1);
  expect(sweep).toHaveBeenCalledTimes(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(sweep).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(3 * HOUR);
  expect(sweep).toHaveBeenCalledTimes(4);
  await sweeper.stop();
  await vi.advanceTimersByTimeAsync(3 * HOUR);
  expect(sweep).toHaveBeenCalledTimes(4);
});

it("goes on after a sweep that failed", async () => {
  const sweep = vi.fn<() => Promise<void>>(async () =>
    Promise.reject(new Error("Postgres is away")),
  );
  const sweeper = sweepHourly(sweep, { warn });
  await vi.advanceTimersByTimeAsync(2 * HOUR);
  expect(sweep).toHaveBeenCalledTimes(3);
  expect(warn).toHaveBeenCalledTimes(3);
  await sweeper.stop();
});

it("never sweeps twice at once, and ends with the sweep in hand", async () => {
  let [atWork, most, ended] = [0, 0, 0];
  const sweep = async () => {
    atWork += 1;
    most = Math.max(most, atWork);
    await new Promise((resolve) => setTimeout(resolve, 3 * HOUR));
    atWork -= 1;
    ended += 1;
  };
  const sweeper = sweepHourly(sweep, { warn });
  await vi.advanceTimersByTimeAsync(2 * HOUR);
  const stopped = sweeper.stop();
  await vi.advanceTimersByTimeAsync(24 * HOUR);
  await stopped;
  expect(most).toBe(1);
  expect(ended).toBeGreaterThan(0);
});
