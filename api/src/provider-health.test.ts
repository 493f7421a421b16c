import type { OutcomeClass } from "@waybill/schemas";
import { expect, test } from "vitest";
import { healthOf } from "./provider-health.ts";

/** The newest first, as many minutes ago as their place. */
const history = (classes: OutcomeClass[]) =>
  classes.map((one, minute) => ({ at: `${minute}`, class: one, response: one }));

test.each<[OutcomeClass[], string, string | null, string | null]>([
  [[], "unknown", null, null],
  [["accepted"], "up", "0", null],
  [["accepted", "retry"], "up", "0", "1"],
  [["permanent_recipient"], "up", null, null],
  [["permanent_message", "retry"], "up", null, "1"],
  [["retry"], "failing", null, "0"],
  [["auth", "accepted"], "failing", "1", "0"],
  [["retry", "retry", "retry", "retry"], "failing", null, "0"],
  [["retry", "auth", "config", "throttled", "ambiguous"], "down", null, "0"],
  [["retry", "retry", "retry", "retry", "quota", "accepted"], "down", "5", "0"],
  [["retry", "retry", "retry", "retry", "permanent_recipient"], "failing", null, "0"],
])("given %j, it is %s", (classes, state, success, error) => {
  const health = healthOf(history(classes));
  expect(health.state).toBe(state);
  expect(health.lastSuccess?.at ?? null).toBe(success);
  expect(health.lastError?.at ?? null).toBe(error);
});
