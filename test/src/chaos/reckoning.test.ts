import { array, assert, constantFrom, nat, property, tuple } from "fast-check";
import { expect, test } from "vitest";
import type { Evidence, Fact } from "./place.ts";
import { reckon } from "./reckoning.ts";

const A = "r0-demo-1@sink.test";
const NOTHING = { lost: [], untrue: [], twice: [], copies: [] };

const fact = (type: Fact["type"], time: number, more: Partial<Fact> = {}): Fact => ({
  type,
  address: A,
  time,
  attempt: 1,
  ...more,
});

/** One mail that was promised and arrived, but for what a test says otherwise. */
const given = (change: Partial<Evidence> = {}): Evidence => ({
  promised: [A],
  copies: new Map([[A, [1]]]),
  facts: [fact("delivered", 10)],
  views: new Map([[A, { status: "delivered" }]]),
  refused: new Set(),
  attempts: 3,
  kills: [],
  inFlight: 20,
  ...change,
});

const dead = (reason: string, attempt: number, change: Partial<Evidence> = {}): Evidence =>
  given({
    copies: new Map(),
    facts: [fact("deadlettered", 10, { reason, attempt })],
    views: new Map([[A, { status: "dead", reason }]]),
    ...change,
  });

test("a mail that arrived is in order", () => {
  expect(reckon(given())).toEqual({
    delivered: 1,
    dead: {},
    waiting: 0,
    extra: 0,
    silent: 0,
    breaches: NOTHING,
  });
});

test("a mail that is nowhere is lost, whatever the views say of it", () => {
  const nowhere = given({ copies: new Map() });
  expect(reckon(nowhere).breaches).toEqual({ ...NOTHING, lost: [A], untrue: [A] });
  const forgotten = given({ copies: new Map(), facts: [], views: new Map() });
  expect(reckon(forgotten).breaches).toEqual({ ...NOTHING, lost: [A], untrue: [A] });
});

test("a mail that waits is not lost", () => {
  const views = new Map([[A, { status: "deferred" }]]);
  const found = reckon(given({ copies: new Map(), facts: [], views }));
  expect(found).toMatchObject({ waiting: 1, breaches: NOTHING });
});

test.each([
  ["refused, and it was", dead("refused", 1, { refused: new Set([A]) }), []],
  ["refused, by nobody", dead("refused", 1), [A]],
  ["tried to the end", dead("retries_exhausted", 3), []],
  ["tried to the end, before the end", dead("retries_exhausted", 2), [A]],
  ["any other reason", dead("storage_error", 1), [A]],
  ["a reason of the views' own", dead("refused", 1, { facts: [], refused: new Set([A]) }), [A]],
])("a dead letter has a true reason: %s", (_words, evidence, untrue) => {
  expect(reckon(evidence).breaches).toEqual({ ...NOTHING, untrue });
});

test("a dead letter of which there is a copy is untrue, but for an ambiguous outcome or a kill", () => {
  const evidence = dead("retries_exhausted", 3, { copies: new Map([[A, [1]]]) });
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

test("extra copies are those of ambiguous outcomes, or in flight at a kill", () => {
  const copies = new Map([[A, [10, 20, 30]]]);
  const one = given({ copies, inFlight: 1 });
  expect(reckon(one)).toMatchObject({ extra: 2, silent: 2, breaches: { copies: [A] } });
  expect(reckon({ ...one, kills: [15, 25] }).breaches.copies).toEqual([]);
  const facts = [...one.facts, fact("ambiguous", 12)];
  expect(reckon({ ...one, facts })).toMatchObject({ silent: 1, breaches: { copies: [A] } });
  expect(reckon({ ...one, facts, kills: [25] }).breaches.copies).toEqual([]);
});

const cameTwice = (...addresses: string[]) =>
  given({ copies: new Map(addresses.map((one) => [one, [10, 20]])), kills: [15], inFlight: 1 });

test("a kill excuses no more mails than were in flight, each with all of its recipients", () => {
  expect(reckon(cameTwice("r0-demo-4@sink.test", "r1-demo-4@sink.test")).breaches.copies).toEqual(
    [],
  );
  expect(
    reckon(cameTwice("r0-demo-4@sink.test", "r0-demo-5@sink.test")).breaches.copies,
  ).toHaveLength(2);
});

test("copies of a mail that got no 250 are reckoned as well", () => {
  const found = reckon(given({ promised: [], copies: new Map([[A, [1, 2]]]) }));
  expect(found).toMatchObject({ delivered: 0, extra: 1, breaches: { copies: [A] } });
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
      const copies = new Map(
        all.map(([, count], at) => [name(at), Array.from({ length: count }, () => 1)] as const),
      );
      const found = reckon(given({ promised, views, copies, facts: [] }));
      const { lost, untrue } = found.breaches;
      const told = found.delivered + found.waiting + (found.dead.refused ?? 0);
      expect(told + new Set([...lost, ...untrue]).size).toBeGreaterThanOrEqual(all.length);
      for (const [at, [status, count]] of all.entries())
        expect(lost.includes(name(at))).toBe(count === 0 && /delivered|none/.test(status));
    }),
  );
});
