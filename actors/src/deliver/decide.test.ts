import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  dedupeId,
  recipientsOf,
  type FactEvent,
  type Outcome,
  type WorkEvent,
} from "@waybill/schemas";
import { OutcomeClass } from "@waybill/schemas/shapes";
import { dueWork } from "../testing/due-work.ts";
import { decide, endedUnsaid, openRecipients, type RetryPolicy } from "./decide.ts";
import type { Attempted } from "./facts.ts";

const NOW = Date.UTC(2026, 0, 1);
const policy: RetryPolicy = { ladder: [30, 60], onAmbiguous: "retry" };

const THREE = ["one@y.test", "two@y.test", "three@y.test"];

const work = (change: Partial<WorkEvent> = {}): WorkEvent =>
  ({ ...dueWork({ recipients: THREE }), ...change }) as WorkEvent;

const outcome = (name: string, result: OutcomeClass, rest: Partial<Outcome> = {}): Outcome => ({
  recipient: `${name}@y.test`,
  class: result,
  response: `${result} said`,
  ...rest,
});

const attempted = (outcomes: Outcome[], change: Partial<Attempted> = {}): Attempted => ({
  work: work(),
  provider: { id: "p", kind: "smtp" },
  route: { because: "test", owner: "tenant" },
  outcomes,
  durationMs: 5,
  after: (ms) => new Date(NOW + ms).toISOString(),
  random: 0,
  ...change,
});

const brief = (facts: readonly FactEvent[]): string[] =>
  facts.map((fact) => {
    const detail = fact.type === "deadlettered" ? fact.reason : "retryAt" in fact ? "again" : "";
    return [fact.type, detail, ...recipientsOf(fact).map((one) => one.split("@")[0])]
      .filter(Boolean)
      .join(" ");
  });

describe("given one attempt with three recipients", () => {
  test("when all are accepted, then one fact says so and no timer is set", () => {
    const decision = decide(
      attempted([
        outcome("one", "accepted"),
        outcome("two", "accepted"),
        outcome("three", "accepted"),
      ]),
      policy,
    );
    expect(brief(decision.delivered)).toEqual(["delivered one two three"]);
    expect(decision.facts).toEqual([]);
    expect(decision.retry).toBeUndefined();
  });

  test("when each fares differently, then each has its own fact and only the open one a timer", () => {
    const decision = decide(
      attempted([
        outcome("one", "accepted"),
        outcome("two", "retry"),
        outcome("three", "permanent_recipient"),
      ]),
      policy,
    );
    expect(brief([...decision.delivered, ...decision.facts])).toEqual([
      "delivered one",
      "failed three",
      "deadlettered refused three",
      "failed again two",
    ]);
    expect(decision.retry?.due.envelope.recipients).toEqual(["two@y.test"]);
    expect(decision.retry?.due).toMatchObject({ type: "due", attempt: 2, rung: 1 });
  });
});

describe("given the retry ladder 30 s, 60 s", () => {
  test.each([
    [0, 0, 30_000],
    [0, 1, 36_000],
    [1, 0, 60_000],
    [1, 1, 72_000],
  ])(
    "when step %i fails with chance %i, then it is tried again after %i ms",
    (rung, random, wait) => {
      const decision = decide(
        attempted([outcome("one", "retry")], { work: work({ rung }), random }),
        policy,
      );
      expect(decision.retry?.at).toBe(new Date(NOW + wait).toISOString());
      expect(decision.retry?.due.time).toBe(decision.retry?.at);
    },
  );

  test("when the last step fails, then the recipient is dead for that reason", () => {
    const decision = decide(
      attempted([outcome("one", "throttled")], { work: work({ rung: 2 }) }),
      policy,
    );
    expect(brief(decision.facts)).toEqual(["failed one", "deadlettered retries_exhausted one"]);
    expect(decision.retry).toBeUndefined();
  });

  test("when the provider asks for a longer wait, then it gets it", () => {
    const decision = decide(
      attempted([outcome("one", "throttled", { retryAfterMs: 90_000 })]),
      policy,
    );
    expect(decision.retry?.at).toBe(new Date(NOW + 90_000).toISOString());
  });
});

describe("given an ambiguous outcome", () => {
  test("when the tenant wants at least once, then it is recorded as ambiguous and tried again", () => {
    const decision = decide(attempted([outcome("one", "ambiguous")]), policy);
    expect(brief(decision.facts)).toEqual(["ambiguous again one"]);
    expect(decision.retry?.due.envelope.recipients).toEqual(["one@y.test"]);
  });

  test("when the tenant wants at most once, then it is dead as ambiguous, and only the failed one is tried again", () => {
    const decision = decide(attempted([outcome("one", "ambiguous"), outcome("two", "retry")]), {
      ...policy,
      onAmbiguous: "deadletter",
    });
    expect(brief(decision.facts)).toEqual([
      "failed again two",
      "ambiguous one",
      "deadlettered ambiguous one",
    ]);
    expect(decision.retry?.due.envelope.recipients).toEqual(["two@y.test"]);
  });
});

test("whatever the outcomes, every recipient is delivered, tried again or dead, exactly one of them", () => {
  const outcomes = fc.uniqueArray(
    fc.record({
      recipient: fc.emailAddress(),
      class: fc.constantFrom(...OutcomeClass.options),
      response: fc.string(),
    }),
    { selector: (one) => one.recipient, minLength: 1 },
  );
  const policies = fc.record({
    ladder: fc.array(fc.nat({ max: 1000 })),
    onAmbiguous: fc.constantFrom("retry" as const, "deadletter" as const),
  });
  fc.assert(
    fc.property(outcomes, policies, fc.nat({ max: 5 }), (given, wanted, rung) => {
      const decision = decide(attempted(given, { work: work({ rung }) }), wanted);
      const fates = [
        ...decision.delivered.flatMap(recipientsOf),
        ...(decision.retry?.due.envelope.recipients ?? []),
        ...decision.facts.filter((fact) => fact.type === "deadlettered").flatMap(recipientsOf),
      ];
      expect(fates.toSorted()).toEqual(given.map((one) => one.recipient).toSorted());
    }),
  );
});

describe("given another way to go on with", () => {
  const decision = decide(
    attempted([outcome("one", "accepted"), outcome("two", "auth"), outcome("three", "ambiguous")]),
    policy,
    true,
  );

  test("when nothing was sent to some, then they go on, and nobody else does", () => {
    expect(decision.onward).toEqual(["two@y.test"]);
    expect(brief(decision.facts)).toEqual(["ambiguous again three", "failed two"]);
    expect(decision.facts.at(-1)).toMatchObject({ wentOn: true });
    expect(decision.retry?.due.envelope.recipients).toEqual(["three@y.test"]);
  });

  test("when there was a crash before the next way, then those who were to go on are open", () => {
    const known = [...decision.delivered, ...decision.facts];
    expect(openRecipients(work(), known)).toEqual(["two@y.test"]);
  });

  test("when the next way fails too, then it is an event of its own", () => {
    const failed = decide(attempted([outcome("two", "retry")]), policy).facts;
    const [first, second] = [decision.facts.at(-1), failed[0]];
    expect(first && second && dedupeId(first) !== dedupeId(second)).toBe(true);
  });
});

describe("given a work item that was acted on before", () => {
  const decision = decide(
    attempted([
      outcome("one", "accepted"),
      outcome("two", "retry"),
      outcome("three", "permanent_message"),
    ]),
    policy,
  );
  const all = [...decision.delivered, ...decision.facts];

  test("when everything was recorded, then nothing is open", () => {
    expect(openRecipients(work(), all)).toEqual([]);
  });

  test("when only the delivery was recorded, then the others are open", () => {
    expect(openRecipients(work(), decision.delivered)).toEqual(["two@y.test", "three@y.test"]);
  });

  test("when an operator requeued it later, then the dead recipients are open again", () => {
    expect(openRecipients(work({ attempt: 2 }), all)).toEqual(["two@y.test", "three@y.test"]);
  });

  test.each([
    ["confirmed", ["two@y.test", "three@y.test"]],
    ["bounced", ["two@y.test", "three@y.test"]],
    ["opened", ["two@y.test", "three@y.test"]],
    ["deferred", ["one@y.test", "two@y.test", "three@y.test"]],
  ])("when others told that it was %s, then %j are open", (type, open) => {
    const told = { type, recipient: "one@y.test", origin: { source: "webhook", eventId: "1" } };
    expect(openRecipients(work(), [told as FactEvent])).toEqual(open);
  });

  test("when it was erased since, whose facts name nobody any more, then nobody is open", () => {
    const outcomes = [{ ...outcome("one", "accepted"), recipient: "erased-1@erased.invalid" }];
    const fact = decide(attempted(outcomes), policy).delivered.map((one) => ({
      ...one,
      erased: true as const,
    }));
    expect(openRecipients(work(), fact)).toEqual([]);
  });

  test("when nothing was recorded, then all are open", () => {
    expect(openRecipients(work(), [])).toEqual(work().envelope.recipients);
  });

  test("when only its timer was set, then those whom the timer will try are not open", () => {
    const { retry } = decision;
    const known = retry === undefined ? [] : [retry.due];
    expect(openRecipients(work(), known)).toEqual(["one@y.test", "three@y.test"]);
  });

  test("when the timer that fired is the item itself, then its recipients are open", () => {
    const { retry } = decision;
    expect(retry && openRecipients(retry.due, [retry.due])).toEqual(["two@y.test"]);
  });

  test("when an ambiguous end was recorded and not said, then it is said and not tried again", () => {
    const unknown = decide(attempted([outcome("one", "ambiguous")]), {
      ...policy,
      onAmbiguous: "deadletter",
    });
    expect(endedUnsaid(work(), unknown.facts.slice(0, 1))).toEqual(["one@y.test"]);
    expect(endedUnsaid(work(), unknown.facts)).toEqual([]);
  });
});
