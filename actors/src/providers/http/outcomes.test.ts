import type { HttpReply } from "@waybill/runtime/outbound";
import { describe, expect, it, test } from "vitest";
import { outcomesOf } from "./outcomes.ts";

const reply = (status: number, headers = {}, text = "said"): HttpReply => ({
  kind: "reply",
  status,
  headers,
  text,
});
const silent = () => undefined;
const namesOne = () => new Map([["a@x", { class: "accepted", response: "ok" } as const]]);
const of = (...asked: Parameters<typeof outcomesOf>) => outcomesOf(...asked)[0];

test.each([
  [302, "config"],
  [408, "retry"],
  [425, "retry"],
  [429, "throttled"],
  [500, "retry"],
  [503, "retry"],
  [522, "retry"],
  [401, "auth"],
  [413, "permanent_message"],
  [200, "ambiguous"],
  [418, "retry"],
])("a status of %i that nobody judged is %s", (status, expected) => {
  expect(of(reply(status), ["a@x"], silent)?.class).toBe(expected);
});

it("waits as long as it was told to", () => {
  const told = reply(503, { "retry-after": "7" });
  expect(of(told, ["a@x"], silent)).toMatchObject({ class: "retry", retryAfterMs: 7000 });
});

describe("without a reply", () => {
  it.each([
    [{ kind: "unsent", refused: false, why: "nobody" }, "retry"],
    [{ kind: "unsent", refused: true, why: "private" }, "config"],
    [{ kind: "lost", why: "reset" }, "ambiguous"],
  ] as const)("%j is %s", (answer, expected) => {
    expect(of(answer, ["a@x"], silent)?.class).toBe(expected);
  });
});

it("tells each recipient its own verdict, and of one the reply left out that nobody knows", () => {
  expect(outcomesOf(reply(200), ["a@x", "b@x"], namesOne)).toMatchObject([
    { recipient: "a@x", class: "accepted" },
    { recipient: "b@x", class: "ambiguous" },
  ]);
});
