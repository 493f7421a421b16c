import { expect, test } from "vitest";
import { inMemory } from "./in-memory.ts";

const MIB = 1024 * 1024;

/** The most that run at once of tasks that all wait for the last to be given. */
async function mostOf(sizes: number[], concurrency: number): Promise<number> {
  const run = inMemory(concurrency);
  let now = 0;
  let most = 0;
  const task = async () => {
    most = Math.max(most, (now += 1));
    await new Promise(setImmediate);
    now -= 1;
  };
  await Promise.all(sizes.map((size) => run(size, task)));
  return most;
}

test.each([
  ["small ones", [1, 1, 1, 1, 1, 1], 4, 4],
  ["large ones", [3, 3, 3, 3, 3, 3], 4, 2],
  ["large ones by one connection", [3, 3, 3], 1, 1],
  ["large ones, and small ones beside them", [3, 3, 3, 3, 1, 1, 1, 1], 4, 4],
])("of %s", async (_, mebibytes, concurrency, most) => {
  const sizes = mebibytes.map((one) => one * MIB);
  expect(await mostOf(sizes, concurrency)).toBe(most);
});

test("one that fails makes room", async () => {
  const run = inMemory(1);
  await expect(run(1, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await run(1, () => Promise.resolve("next"))).toBe("next");
});
