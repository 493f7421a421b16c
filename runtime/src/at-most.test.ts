import { expect, test } from "vitest";
import { atMost } from "./at-most.ts";

test("so many tasks run at once, in their turn, whatever becomes of those before", async () => {
  const begun: number[] = [];
  const ends: ((failed: boolean) => void)[] = [];
  const limited = atMost(2);
  const tasks = [0, 1, 2, 3].map((name) =>
    limited(async () => {
      begun.push(name);
      const failed = await new Promise<boolean>((end) => (ends[name] = end));
      if (failed) throw new Error(`${name}`);
      return name;
    }),
  );
  expect(begun).toEqual([0, 1]);
  ends[1]?.(true);
  await expect(tasks[1]).rejects.toThrow("1");
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.(false);
  expect(await tasks[0]).toBe(0);
  expect(begun).toEqual([0, 1, 2, 3]);
  for (const end of ends) end(false);
  expect(await Promise.all(tasks.slice(2))).toEqual([2, 3]);
});
