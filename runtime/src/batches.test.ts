import { setImmediate as turn } from "node:timers/promises";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { inBatches } from "./batches.ts";

type Step = { items: number[]; pause: boolean };

async function* play(steps: readonly Step[]): AsyncGenerator<number> {
  for (const { items, pause } of steps) {
    if (pause) await turn();
    yield* items;
  }
}

async function collect(source: AsyncIterable<number>, size: number, pause = false) {
  const batches: number[][] = [];
  for await (const batch of inBatches(source, size)) {
    batches.push(batch);
    if (pause) await turn();
  }
  return batches;
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);

it("loses nothing, keeps the order, and never exceeds its size", async () => {
  const step = fc.record({ items: fc.array(fc.nat()), pause: fc.boolean() });
  const property = fc.asyncProperty(
    fc.array(step),
    fc.integer({ min: 1, max: 7 }),
    fc.boolean(),
    async (steps, size, pause) => {
      const batches = await collect(play(steps), size, pause);
      expect(batches.flat()).toEqual(steps.flatMap(({ items }) => items));
      expect(batches.every(({ length }) => length >= 1 && length <= size)).toBe(true);
    },
  );
  await fc.assert(property);
});

async function* thenNothing() {
  yield* numbers(3);
  await new Promise(() => {});
}

async function* thenFailure() {
  yield* numbers(3);
  throw new Error("gone");
}

it("hands out what has arrived without waiting for more", async () => {
  const first = await inBatches(thenNothing(), 100).next();
  expect(first.value?.[0]).toBe(0);
});

/** As a client hands out the messages of one read: one after another, with other work in between. */
async function* ofOneRead() {
  await turn();
  for (const number of numbers(50)) {
    await Promise.resolve();
    yield number;
  }
  await new Promise(() => {});
}

it("keeps together what comes at once after a silence", async () => {
  const first = await inBatches(ofOneRead(), 100).next();
  expect(first.value).toEqual(numbers(50));
});

it("fails when the source does, after what arrived before", async () => {
  const seen: number[] = [];
  const reading = async () => {
    for await (const batch of inBatches(thenFailure(), 2)) seen.push(...batch);
  };
  await expect(reading()).rejects.toThrow("gone");
  expect(seen).toEqual([0, 1, 2]);
});

it("reads ahead by two batches at most, and lets go of the source when its reader leaves", async () => {
  let [read, closed] = [0, false];
  async function* source() {
    try {
      for (;;) yield (read += 1);
    } finally {
      closed = true;
    }
  }
  for await (const batch of inBatches(source(), 10)) {
    expect(batch.length).toBeLessThanOrEqual(10);
    await turn();
    break;
  }
  await turn();
  expect(read).toBeLessThanOrEqual(30);
  expect(closed).toBe(true);
});
