import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Answer } from "../http-exchange.ts";
import { readAnswer } from "./token-answer.ts";

const reply = (status: number, json: unknown, headers = {}): Answer => ({
  kind: "reply",
  status,
  headers,
  text: typeof json === "string" ? json : JSON.stringify(json),
});
const TOKEN = { access_token: "a.b-c", token_type: "Bearer", expires_in: 3599 };

describe("an answer with a token", () => {
  it.each([
    [TOKEN, { value: "a.b-c", life: 3_599_000 }],
    [
      { ...TOKEN, token_type: "bearer", expires_in: "60" },
      { value: "a.b-c", life: 60_000 },
    ],
    [{ access_token: "x" }, { value: "x", life: 300_000 }],
    [
      { ...TOKEN, expires_in: 1e9 },
      { value: "a.b-c", life: 86_400_000 },
    ],
    [
      { ...TOKEN, expires_in: -1 },
      { value: "a.b-c", life: 300_000 },
    ],
    [
      { ...TOKEN, refresh_token: "r" },
      { value: "a.b-c", life: 3_599_000, refreshToken: "r" },
    ],
  ])("%j is %j", (json, expected) => {
    expect(readAnswer(reply(200, json))).toEqual(expected);
  });

  it.each([
    "",
    "<html>",
    "null",
    { ...TOKEN, access_token: "" },
    { ...TOKEN, access_token: "a\r\nb" },
    { ...TOKEN, access_token: "a\u0001b" },
    { ...TOKEN, access_token: 1 },
    { ...TOKEN, token_type: "mac" },
  ])("%j is none, for now", (json) => {
    expect(readAnswer(reply(200, json))).toMatchObject({ kind: "retry" });
  });
});

describe("an answer without one", () => {
  it.each([
    [401, "invalid_client", "auth"],
    [400, "invalid_client", "auth"],
    [400, "invalid_grant", "auth"],
    [400, "unauthorized_client", "auth"],
    [400, "invalid_request", "auth"],
    [400, "invalid_scope", "config"],
    [400, "temporarily_unavailable", "retry"],
    [400, "who_knows", "auth"],
    [404, "", "config"],
    [302, "", "config"],
    [429, "invalid_client", "retry"],
    [408, "", "retry"],
    [500, "invalid_grant", "retry"],
    [503, "", "retry"],
    [504, "", "retry"],
  ])("%i %s is %s", (status, error, kind) => {
    expect(readAnswer(reply(status, { error }))).toMatchObject({ kind });
  });

  it("says why, and how long to wait", () => {
    const said = { error: "invalid_grant", error_description: "AADSTS70008:\r\nexpired" };
    expect(readAnswer(reply(400, said, { "retry-after": "5" }))).toEqual({
      kind: "auth",
      why: "the token endpoint answers 400 invalid_grant: AADSTS70008: expired",
      retryAfter: "5",
    });
  });

  it.each([
    [{ kind: "unsent", refused: false, why: "nobody" }, "retry"],
    [{ kind: "unsent", refused: true, why: "private" }, "config"],
    [{ kind: "lost", why: "reset" }, "retry"],
  ] as const)("%j is %s", (answer, kind) => {
    expect(readAnswer(answer)).toMatchObject({ kind });
  });
});

describe("any answer", () => {
  it("of a server that fails is never about the login", () => {
    const status = fc.oneof(fc.integer({ min: 500, max: 599 }), fc.constantFrom(408, 425, 429));
    fc.assert(
      fc.property(status, fc.jsonValue(), (code, json) => {
        expect(readAnswer(reply(code, json))).toMatchObject({ kind: "retry" });
      }),
    );
  });

  it("brings a token that ends no field, or a reason of one line", () => {
    const json = fc.record({ access_token: fc.string(), error_description: fc.string() });
    fc.assert(
      fc.property(fc.constantFrom(200, 400), json, (status, said) => {
        const read = readAnswer(reply(status, said));
        const text = "kind" in read ? read.why : read.value;
        expect(text).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

it.each([0, 80, 130, 150, 165, 170])(
  "tells no part of what it was sent, wherever its words are cut: after %i characters",
  (before) => {
    const secret = "s3cr=t/+ of the client";
    for (const said of [secret, "s3cr%3Dt%2F%2B+of+the+client"]) {
      const error_description = `${"x".repeat(before)}${said}`;
      const read = readAnswer(reply(401, { error: "invalid_client", error_description }), [secret]);
      expect(read).toMatchObject({ kind: "auth" });
      expect(JSON.stringify(read)).not.toContain("s3");
    }
  },
);
