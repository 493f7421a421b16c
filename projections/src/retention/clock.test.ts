import { expect, it } from "vitest";
import { World } from "../testing/world.ts";
import { cautiousNow } from "./clock.ts";

const DAY = 86_400_000;

it("takes the clock that is behind, ours or that of the log", async () => {
  await using world = await World.start();
  const { pool, engines } = world;
  const before = Date.now();
  const now = await cautiousNow(pool, engines.nats, () => Date.now() + 400 * DAY);
  expect(now).toBeGreaterThanOrEqual(before - 1);
  expect(now).toBeLessThanOrEqual(Date.now() + 1);
  expect(await cautiousNow(pool, engines.nats, () => 5)).toBe(5);
});

it("goes on by a day at most from one sweep to the next, and back at once", async () => {
  await using world = await World.start();
  const { pool, engines } = world;
  const at = (ours: number) => cautiousNow(pool, engines.nats, () => ours);
  const start = Date.UTC(2026, 0, 1);
  expect(await at(start)).toBe(start);
  expect(await at(start + 40 * DAY)).toBe(start + DAY);
  expect(await at(start + 40 * DAY)).toBe(start + 2 * DAY);
  expect(await at(start + 100)).toBe(start + 100);
  expect(await at(start + DAY)).toBe(start + DAY);
});
