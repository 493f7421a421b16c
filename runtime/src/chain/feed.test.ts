import {
  array,
  assert,
  asyncProperty,
  integer,
  nat,
  oneof,
  record,
  type Arbitrary,
} from "fast-check";
import { expect, it } from "vitest";
import { Feed, type Sealed } from "./feed.ts";

const event = (seq: number): Sealed => ({ tenant: "a", leaf: [seq, 0, "f".repeat(64)] });

/** Events of the sequences behind the first up to the second. */
const events = (after: number, through: number): Sealed[] =>
  Array.from({ length: through - after }, (_, at) => event(after + at + 1));

const sequences = (of: readonly Sealed[]): number[] => of.map(({ leaf }) => leaf[0]);

const endless = () => new AbortController().signal;

it("hands over what was offered, in portions of a size", async () => {
  const feed = new Feed(endless());
  feed.offer(10, events(10, 15));
  feed.offer(15, events(15, 16));
  expect(await feed.next(4)).toEqual({ after: 10, events: events(10, 14), through: 14 });
  expect(await feed.next(4)).toEqual({ after: 14, events: events(14, 16), through: 16 });
});

it("says how far its reader is, before there is an event", async () => {
  const feed = new Feed(endless());
  feed.offer(10, []);
  expect(await feed.next(4)).toEqual({ after: 10, events: [], through: 10 });
});

it("keeps no more than its bound, and says from where what it has is whole", async () => {
  const feed = new Feed(endless());
  for (let after = 0; after < 100_000; after += 500) feed.offer(after, events(after, after + 500));
  const { after = 0, events: kept = [] } = (await feed.next(Infinity)) ?? {};
  expect(kept.length).toBeLessThan(10_000);
  expect(sequences(kept)).toEqual(sequences(events(after, 100_000)));
});

it("ends", async () => {
  const ended = new AbortController();
  const next = new Feed(ended.signal).next(4);
  ended.abort();
  expect(await next).toBeUndefined();
});

type Step = { read: number } | { beginAgain: number } | { take: number };

const step: Arbitrary<Step> = oneof(
  record({ read: integer({ min: 1, max: 3000 }) }),
  record({ beginAgain: nat({ max: 3000 }) }),
  record({ take: integer({ min: 1, max: 2000 }) }),
);

it("leaves no event out that it does not own to, wherever its reader begins again", async () => {
  await assert(
    asyncProperty(array(step, { maxLength: 60 }), async (steps) => {
      const feed = new Feed(endless());
      feed.offer(0, []);
      let [at, offered] = [0, true];
      for (const one of steps) {
        if ("read" in one) feed.offer(at, events(at, at + one.read));
        if ("beginAgain" in one) feed.offer(Math.max(0, at - one.beginAgain), []);
        if ("read" in one) at += one.read;
        if ("beginAgain" in one) at = Math.max(0, at - one.beginAgain);
        if (!("take" in one)) offered = true;
        if (!("take" in one) || !offered) continue;
        const { after = 0, events: taken = [], through = 0 } = (await feed.next(one.take)) ?? {};
        offered = through < at;
        expect(sequences(taken)).toEqual(sequences(events(after, through)));
      }
    }),
  );
});
