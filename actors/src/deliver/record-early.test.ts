import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Outcome } from "@waybill/schemas";
import { recordEarly } from "./record-early.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

const outcome = (recipient: string, said: Outcome["class"] = "accepted"): Outcome => ({
  recipient,
  class: said,
  response: "",
});

const names = (outcomes: readonly Outcome[]): string => outcomes.map((one) => one.recipient).join();

/** What is recorded while an attempt goes on; the log takes what has not `gone` in its names. */
function given() {
  const records: string[] = [];
  const early = recordEarly((outcomes) => {
    if (names(outcomes).includes("gone")) return Promise.reject(new Error("the log is away"));
    records.push(names(outcomes));
    return Promise.resolve();
  });
  const tell = (...outcomes: Outcome[]) => early.tell(outcomes);
  const recorded = async () => [...(await early.recorded())].join();
  return { records, tell, recorded, stop: early.stop };
}

test("what is told within a moment is recorded together, each recipient once", async () => {
  const { records, tell, recorded } = given();
  tell(outcome("a"));
  tell(outcome("a"), outcome("b"));
  expect(records).toEqual([]);
  await vi.runAllTimersAsync();
  tell(outcome("b"), outcome("c"));
  await vi.runAllTimersAsync();
  expect(records).toEqual(["a,b", "c"]);
  expect(await recorded()).toBe("a,b,c");
});

test("who was not taken is left to the attempt's end", async () => {
  const { records, tell } = given();
  tell(outcome("a", "retry"), outcome("b", "ambiguous"), outcome("c", "permanent_recipient"));
  expect(vi.getTimerCount()).toBe(0);
  tell(outcome("a"));
  await vi.runAllTimersAsync();
  expect(records).toEqual(["a"]);
});

test("so is what waits when the attempt ends, and what could not be recorded", async () => {
  const { records, tell, recorded, stop } = given();
  tell(outcome("gone"));
  await vi.runAllTimersAsync();
  tell(outcome("a"));
  stop();
  await vi.runAllTimersAsync();
  expect(records).toEqual([]);
  expect(await recorded()).toBe("");
});

/** Three are told one after the other, while the first is being recorded. */
async function givenASlowLog() {
  const taken = Promise.withResolvers<void>();
  const records: string[] = [];
  const early = recordEarly((outcomes) => {
    records.push(names(outcomes));
    return taken.promise;
  });
  for (const one of ["a", "b", "c"]) {
    early.tell([outcome(one)]);
    await vi.runAllTimersAsync();
  }
  return { early, records, taken };
}

test("while a record is under way the others gather, and are recorded together once it is done", async () => {
  const { records, taken } = await givenASlowLog();
  expect(records).toEqual(["a"]);
  taken.resolve();
  await vi.runAllTimersAsync();
  expect(records).toEqual(["a", "b,c"]);
});

test("the end waits for it, and leaves the others to the attempt", async () => {
  const { early, records, taken } = await givenASlowLog();
  early.stop();
  const recorded = early.recorded();
  taken.resolve();
  expect([...(await recorded)]).toEqual(["a"]);
  await vi.runAllTimersAsync();
  expect(records).toEqual(["a"]);
});
