import { expect, it } from "vitest";
import { World } from "../testing/world.ts";
import { cautiousNow } from "./clock.ts";

const DAY = 86_400_000;

it("takes the clock that is behind, ours or that of the log", async () => {
  await using world = await World.start();
  const { nats } = world.engines;
  const before = Date.now();
  const now = await cautiousNow(nats, () => Date.now() + 400 * DAY);
  expect(now).toBeGreaterThanOrEqual(before - 1);
  expect(now).toBeLessThanOrEqual(Date.now() + 1);
  expect(await cautiousNow(nats, () => 5)).toBe(5);
});
