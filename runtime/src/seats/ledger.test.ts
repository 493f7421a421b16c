import {
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  integer,
  record,
  scheduler,
} from "fast-check";
import { expect, test } from "vitest";
import { Ledger, type SeatBook } from "./ledger.ts";

/** One book that several processes write in; each request takes as long as chance says. */
function sharedBook(wait: () => Promise<void>) {
  const said = new Map<number, number>();
  let seq = 0;
  const bookOf = (own: number): SeatBook => ({
    look: async () => {
      await wait();
      const others = [...said].filter(([process]) => process !== own).map(([, held]) => held);
      return { others: others.reduce((a, b) => a + b, 0), seq };
    },
    say: async (held, after) => {
      await wait();
      if (after !== undefined && after !== seq) return false;
      said.set(own, held);
      seq += 1;
      return true;
    },
  });
  return { bookOf, total: () => [...said.values()].reduce((a, b) => a + b, 0) };
}

const steps = array(
  record({ process: constantFrom(0, 1, 2), enters: boolean(), repeats: boolean() }),
  { maxLength: 40 },
);

test("however processes come in turn, never more seats are taken than there are, and all are given back", async () => {
  await assert(
    asyncProperty(scheduler(), integer({ min: 1, max: 4 }), steps, async (s, max, all) => {
      const book = sharedBook(() => s.schedule(Promise.resolve()));
      const ledgers = [0, 1, 2].map((own) => new Ledger(book.bookOf(own)));
      const inside = [0, 0, 0];
      const count = () => inside.reduce((a, b) => a + b, 0);
      const done: Promise<unknown>[] = [];
      let most = 0;
      for (const { process, enters, repeats } of all) {
        const ledger = ledgers[process];
        if (ledger === undefined) continue;
        if (repeats) done.push(ledger.repeat());
        if (enters)
          done.push(
            (async () => {
              const isIn = await ledger.enter(max);
              inside[process] = (inside[process] ?? 0) + (isIn ? 1 : 0);
              most = Math.max(most, count());
            })(),
          );
        else if ((inside[process] ?? 0) > 0) {
          inside[process] = (inside[process] ?? 0) - 1;
          ledger.leave();
        }
        if (s.count() > 0) await s.waitOne();
      }
      await s.waitFor(Promise.all(done));
      expect(most).toBeLessThanOrEqual(max);
      for (const [process, ledger] of ledgers.entries())
        for (; (inside[process] ?? 0) > 0; inside[process] = (inside[process] ?? 0) - 1)
          ledger.leave();
      await s.waitFor(Promise.all(ledgers.map((one) => one.settled())));
      expect(book.total()).toBe(0);
      expect(ledgers.every((one) => one.isIdle)).toBe(true);
    }),
  );
});

test("of those who ask at once as many come in as there is room, in one request", async () => {
  const book = sharedBook(() => Promise.resolve());
  const ledger = new Ledger(book.bookOf(0));
  const asked = Array.from({ length: 5 }, () => ledger.enter(3));
  expect(await Promise.all(asked)).toEqual([true, true, true, false, false]);
  ledger.leave();
  expect(await ledger.enter(3)).toBe(true);
});

test("seats taken before there was a limit count when there is one", async () => {
  const book = sharedBook(() => Promise.resolve());
  const [one, other] = [new Ledger(book.bookOf(0)), new Ledger(book.bookOf(1))];
  one.take();
  one.take();
  await one.repeat();
  expect(await other.enter(2)).toBe(false);
  expect(await other.enter(3)).toBe(true);
});

test("while the book cannot be asked nobody comes in, and everybody is told", async () => {
  const away = { look: () => Promise.reject(new Error("away")), say: () => Promise.resolve(true) };
  const ledger = new Ledger(away);
  await expect(Promise.all([ledger.enter(1), ledger.enter(1)])).rejects.toThrow("away");
  await ledger.settled();
  expect(ledger.isIdle).toBe(true);
});

test("who comes while a renewal fails is told so, or let in", async () => {
  const failing = Promise.withResolvers<boolean>();
  const says = [Promise.resolve(true), failing.promise, Promise.resolve(true)];
  const ledger = new Ledger({
    look: async () => ({ others: 0, seq: 0 }),
    say: () => says.shift() ?? Promise.resolve(true),
  });
  expect(await ledger.enter(2)).toBe(true);
  await ledger.settled();
  const renewal = ledger.repeat();
  const entering = ledger.enter(2);
  failing.reject(new Error("away"));
  await expect(renewal).rejects.toThrow("away");
  expect(await entering).toBe(true);
});

test("what was left while the book was away is given back when it is there again", async () => {
  const book = sharedBook(() => Promise.resolve());
  const [mine, away] = [book.bookOf(0), { is: false }];
  const say: SeatBook["say"] = (held, after) =>
    away.is ? Promise.reject(new Error("away")) : mine.say(held, after);
  const ledger = new Ledger({ ...mine, say });
  await ledger.enter(1);
  away.is = true;
  ledger.leave();
  await ledger.settled();
  expect([ledger.isShared, book.total()]).toEqual([true, 1]);
  away.is = false;
  await ledger.repeat();
  expect([ledger.isIdle, book.total()]).toEqual([true, 0]);
});
