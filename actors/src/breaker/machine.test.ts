import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLOSED, hear, letThrough, lets, type Moment, type State } from "./machine.ts";
import type { Signal } from "./signal.ts";

const LADDER = [30, 60, 120];
const START = Date.UTC(2026, 0, 1);
const at = (seconds: number): Moment => ({ now: START + seconds * 1000, ladder: LADDER });

const works: Signal = { kind: "works" };
const away: Signal = { kind: "away", reason: { class: "retry", response: "nobody there" } };
const auth: Signal = { kind: "refused", reason: { class: "auth", response: "535 no" } };
const throttled = { kind: "paused", reason: { class: "throttled", response: "421 slow" } } as const;
const unknown: Signal = { kind: "unknown" };

/** What becomes of a closed breaker that hears these, one a second. */
const given = (...signals: Signal[]): State =>
  signals.reduce<State>((state, signal, second) => hear(state, signal, at(second)), CLOSED);

/** Seconds from the start. */
const untilOf = (state: State): number | undefined =>
  state.state === "closed" ? undefined : (state.until - START) / 1000;

describe("given a closed breaker", () => {
  test.each<[string, Signal[], string]>([
    ["four attempts in a row find nobody", [away, away, away, away], "closed"],
    ["five attempts in a row find nobody", [away, away, away, away, away], "open"],
    ["an answer comes between them", [away, away, away, away, works, away], "closed"],
    ["nothing is learnt between them", [away, away, away, away, unknown, away], "open"],
    ["the login is refused", [auth], "open"],
    ["it wants us to wait", [throttled], "open"],
  ])("when %s, then it is as it should be", (_words, signals, expected) => {
    expect(given(...signals).state).toBe(expected);
  });

  test("when it opens, then for the first step, or for as long as the provider said", () => {
    expect(untilOf(given(auth))).toBe(30);
    expect(untilOf(given({ ...throttled, forMs: 7000 }))).toBe(7);
  });
});

describe("given an open breaker", () => {
  const open = given(auth);

  test("when its time has not come, then nothing goes through", () => {
    expect(lets(open, at(29), false)).toBe(false);
  });

  test("when its time has come, or the provider was changed, then one mail does", () => {
    expect(lets(open, at(30), false)).toBe(true);
    expect(lets(open, at(1), true)).toBe(true);
    expect(lets(letThrough(open, at(30), "p"), at(31), true)).toBe(false);
  });

  test("when mail that was sent before is answered, then it says nothing", () => {
    for (const signal of [works, away, auth, throttled])
      expect(hear(open, signal, at(1))).toBe(open);
  });
});

describe("given a half-open breaker", () => {
  const half = letThrough(given(auth), at(30), "p");

  test("when the probe is answered, then it is closed", () => {
    expect(hear(half, works, at(31), "p")).toEqual({ ...CLOSED, since: at(31).now });
  });

  test("when the probe fails, then it is left alone for longer, and since the first time", () => {
    const again = hear(half, away, at(31), "p");
    expect(again).toMatchObject({ state: "open", opens: 2, since: START });
    expect(untilOf(again)).toBe(91);
  });

  test("when nothing became of the probe, then the step is the same", () => {
    const again = hear(half, unknown, at(31), "p");
    expect(again).toMatchObject({ state: "open", opens: 1, reason: auth.reason });
    expect(untilOf(again)).toBe(61);
  });

  test("when another mail is answered, then that says nothing", () => {
    expect(hear(half, works, at(31))).toBe(half);
    expect(hear(half, works, at(31), "q")).toBe(half);
  });

  test("when the probe never comes back, then another may take its place", () => {
    expect(lets(half, at(329), false)).toBe(false);
    expect(lets(half, at(330), false)).toBe(true);
  });
});

test("when it fails again and again, then the last step stays", () => {
  let state = given(auth);
  const steps: (number | undefined)[] = [];
  for (let second = 1000; second < 6000; second += 1000) {
    state = hear(letThrough(state, at(second), "p"), auth, at(second), "p");
    steps.push((untilOf(state) ?? 0) - second);
  }
  expect(steps).toEqual([60, 120, 120, 120, 120]);
});

const signals = fc.constantFrom(works, away, auth, throttled, unknown);
/** Mail asks to be let through, or one of those under way is answered, some seconds later. */
const steps = fc.array(
  fc.record({
    after: fc.nat({ max: 60 }),
    answers: fc.boolean(),
    which: fc.nat(),
    signal: signals,
  }),
  { maxLength: 200 },
);

test("whatever comes in whatever order, one probe at most is under way, and auth is never taken for well", () => {
  fc.assert(
    fc.property(steps, (all) => {
      let state = CLOSED;
      let [second, tokens] = [0, 0];
      let wasRefused = false;
      const underWay: (string | undefined)[] = [];
      for (const { after, answers, which, signal } of all) {
        // Probes come back within their time; one that does not is another's case.
        second += state.state === "half_open" ? 0 : after;
        if (!answers && lets(state, at(second), false)) {
          const token = state.state === "closed" ? undefined : `${(tokens += 1)}`;
          if (token !== undefined) state = letThrough(state, at(second), token);
          underWay.push(token);
        }
        if (answers && underWay.length > 0) {
          const [token] = underWay.splice(which % underWay.length, 1);
          const before = state;
          state = hear(state, signal, at(second), token);
          const isHeard = before.state !== "half_open" || before.probe === token;
          if (signal === auth) wasRefused = true;
          else if (signal === works && isHeard && before.state !== "open") wasRefused = false;
        }
        expect(underWay.filter((token) => token !== undefined).length).toBeLessThanOrEqual(1);
        expect(wasRefused && state.state === "closed").toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});
