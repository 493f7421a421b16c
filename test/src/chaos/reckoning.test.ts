import { array, assert, constantFrom, nat, property, tuple } from "fast-check";
import { expect, test } from "vitest";
import type { Evidence, Fact } from "./place.ts";
import { reckon } from "./reckoning.ts";

const A = "r0-demo-1@sink.test";
const NOTHING = { lost: [], untrue: [], twice: [], copies: [] };

type Came = { time: number; sender?: number; isKept?: boolean };

/** What came for the one address. */
const came = (...all: Came[]) =>
  new Map([[A, all.map((one) => ({ sender: 0, port: 1, isKept: true, ...one }))]]);

const fact = (type: Fact["type"], time: number, more: Partial<Fact> = {}): Fact => ({
  type,
  address: A,
  time,
  sender: 0,
  attempt: 1,
  ...more,
});

/** One mail that was promised and arrived, but for what a test says otherwise. */
const given = (change: Partial<Evidence> = {}): Evidence => ({
  promised: [A],
  arrivals: came({ time: 1 }),
  facts: [fact("delivered", 10)],
  views: new Map([[A, { status: "delivered" }]]),
  refused: new Set(),
  attempts: 3,
  patience: 50,
  kills: [],
  inFlight: 20,
  ...change,
});

const dead = (reason: string, attempt: number, change: Partial<Evidence> = {}): Evidence =>
  given({
    arrivals: new Map(),
    facts: [fact("failed", 10), fact("deadlettered", 60, { reason, attempt })],
    views: new Map([[A, { status: "dead", reason }]]),
    ...change,
  });

test("a mail that arrived is in order", () => {
  expect(reckon(given())).toEqual({
    delivered: 1,
    dead: {},
    waiting: 0,
    extra: 0,
    inFlight: 0,
    breaches: NOTHING,
  });
});

test("a mail that is nowhere is lost, whatever the views say of it", () => {
  const nowhere = given({ arrivals: new Map() });
  expect(reckon(nowhere).breaches).toEqual({ ...NOTHING, lost: [A], untrue: [A] });
  const forgotten = given({ arrivals: new Map(), facts: [], views: new Map() });
  expect(reckon(forgotten).breaches).toEqual({ ...NOTHING, lost: [A], untrue: [A] });
});

test("a mail that waits is not lost", () => {
  const views = new Map([[A, { status: "deferred" }]]);
  const found = reckon(given({ arrivals: new Map(), facts: [], views }));
  expect(found).toMatchObject({ waiting: 1, breaches: NOTHING });
});

test.each([
  ["refused, and it was", dead("refused", 1, { refused: new Set([A]) }), []],
  ["refused, by nobody", dead("refused", 1), [A]],
  ["tried to the end", dead("retries_exhausted", 3), []],
  ["tried to the end, before the end", dead("retries_exhausted", 2), [A]],
  [
    "tried to the end, too fast",
    dead("retries_exhausted", 3, {
      facts: [
        fact("failed", 11),
        fact("deadlettered", 60, { reason: "retries_exhausted", attempt: 3 }),
      ],
    }),
    [A],
  ],
  ["any other reason", dead("storage_error", 1), [A]],
  ["a reason of the views' own", dead("refused", 1, { facts: [], refused: new Set([A]) }), [A]],
])("a dead letter has a true reason: %s", (_words, evidence, untrue) => {
  expect(reckon(evidence).breaches).toEqual({ ...NOTHING, untrue });
});

test("a dead letter of which there is a copy is untrue, but for an ambiguous outcome or a kill", () => {
  const evidence = dead("retries_exhausted", 3, { arrivals: came({ time: 1 }) });
  expect(reckon(evidence).breaches.untrue).toEqual([A]);
  expect(reckon({ ...evidence, kills: [5] }).breaches.untrue).toEqual([]);
  const facts = [...evidence.facts, fact("ambiguous", 5)];
  expect(reckon({ ...evidence, facts }).breaches.untrue).toEqual([]);
});

const twiceOf = (facts: Fact[], kills: number[] = []) =>
  reckon(given({ facts, kills })).breaches.twice;

test("two deliveries need an ambiguous outcome or a kill between them", () => {
  const twice = [fact("delivered", 10), fact("delivered", 20)];
  expect(twiceOf(twice)).toEqual([A]);
  expect(twiceOf(twice, [15])).toEqual([]);
  expect(twiceOf(twice, [25])).toEqual([A]);
  expect(twiceOf([...twice, fact("ambiguous", 15)])).toEqual([]);
  expect(twiceOf([...twice, fact("ambiguous", 5)])).toEqual([A]);
});

const unexplained = (evidence: Partial<Evidence>): boolean =>
  reckon(given(evidence)).breaches.copies.length > 0;

const twice = came({ time: 10 }, { time: 20 });

test("a second copy of the same sender needs an ambiguous outcome of its own", () => {
  expect(unexplained({ arrivals: twice })).toBe(true);
  const told = [fact("ambiguous", 12), fact("delivered", 22)];
  expect(unexplained({ arrivals: twice, facts: told })).toBe(false);
  const thrice = came({ time: 10 }, { time: 20 }, { time: 30 });
  expect(unexplained({ arrivals: thrice, facts: told })).toBe(true);
});

test("an ambiguous outcome speaks of one message that came, also of one that was not kept", () => {
  const told = [fact("ambiguous", 5), fact("delivered", 22)];
  const dropped = { time: 4, isKept: false };
  const arrivals = came(dropped, { time: 10 }, { time: 20 });
  expect(unexplained({ arrivals, facts: told })).toBe(true);
  expect(unexplained({ arrivals, facts: [fact("ambiguous", 11), ...told] })).toBe(false);
});

test("a second copy of another sender needs a kill while the first was in flight", () => {
  const arrivals = came({ time: 10 }, { time: 20, sender: 1 });
  const later = fact("delivered", 22, { sender: 1 });
  expect(unexplained({ arrivals, facts: [later], kills: [15] })).toBe(false);
  const recorded = came({ time: 10 }, { time: 20, sender: 1 }, { time: 21, sender: 1 });
  expect(unexplained({ arrivals: recorded, facts: [later], kills: [15] })).toBe(true);
});

test("a kill does not excuse another copy of what was recorded as delivered before it", () => {
  const arrivals = came({ time: 10 }, { time: 20, sender: 1 });
  const facts = [fact("delivered", 11), fact("delivered", 21, { sender: 1 })];
  expect(unexplained({ arrivals, facts, kills: [15] })).toBe(true);
});

test("a kill excuses no second copy of the sender that was killed", () => {
  expect(unexplained({ arrivals: twice, facts: [], kills: [15] })).toBe(true);
  expect(unexplained({ arrivals: twice, facts: [fact("ambiguous", 12)], kills: [25] })).toBe(false);
});

test("a copy that cannot be explained is told with all that is known of it", () => {
  const [address, ...lines] = reckon(
    given({ arrivals: twice, facts: [fact("delivered", 15)], kills: [30] }),
  ).breaches.copies;
  expect(address).toBe(A);
  expect(lines.map((line) => line.replace(/^.*Z /, ""))).toEqual([
    "copy, from actors 0, port 1",
    "delivered, attempt 1, by actors 0",
    "copy, from actors 0, port 1",
    "actors 0 killed",
  ]);
});

const inFlight = (...addresses: string[]) => {
  const [all = []] = came({ time: 10 }, { time: 20, sender: 1 }).values();
  const arrivals = new Map(addresses.map((one) => [one, all]));
  const facts = addresses.map((address) => fact("delivered", 25, { address, sender: 1 }));
  return { arrivals, facts, kills: [15], inFlight: 1 };
};

test("a kill excuses no more mails than were in flight, each with all of its recipients", () => {
  expect(unexplained(inFlight("r0-demo-4@sink.test", "r1-demo-4@sink.test"))).toBe(false);
  expect(unexplained(inFlight("r0-demo-4@sink.test", "r0-demo-5@sink.test"))).toBe(true);
});

test("copies of a mail that got no 250 are reckoned as well", () => {
  const found = reckon(given({ promised: [], arrivals: came({ time: 1 }, { time: 2 }) }));
  expect(found).toMatchObject({ delivered: 0, extra: 1 });
  expect(found.breaches.copies[0]).toBe(A);
});

test("of any number of mails each is delivered, dead, waiting, or in a breach", () => {
  const fates = constantFrom("delivered", "dead", "deferred", "none");
  const mails = array(tuple(fates, nat(2)), { maxLength: 30 });
  assert(
    property(mails, (all) => {
      const promised = all.map((_, at) => `r0-demo-${at}@sink.test`);
      const name = (at: number) => promised[at] ?? "";
      const views = new Map(
        all.map(([status], at) => [name(at), { status, reason: "refused" }] as const),
      );
      const one = { time: 1, sender: 0, port: 1, isKept: true };
      const arrivals = new Map(
        all.map(([, count], at) => [name(at), Array.from({ length: count }, () => one)] as const),
      );
      const found = reckon(given({ promised, views, arrivals, facts: [] }));
      const { lost, untrue } = found.breaches;
      const told = found.delivered + found.waiting + (found.dead.refused ?? 0);
      expect(told + new Set([...lost, ...untrue]).size).toBeGreaterThanOrEqual(all.length);
      for (const [at, [status, count]] of all.entries())
        expect(lost.includes(name(at))).toBe(count === 0 && /delivered|none/.test(status));
    }),
  );
});
