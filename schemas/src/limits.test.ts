import { describe, expect, it } from "vitest";
import type { Credential } from "./control/machine.ts";
import type { Limits } from "./control/tenant.ts";
import { limitsOfMessage } from "./limits.ts";

const credential: Credential = { kind: "credential", id: "app", username: "app", hash: "" };
const limits: Limits = {
  kind: "limits",
  id: "limits",
  monthly: 1000,
  perCredential: { hourly: 10, daily: 100 },
  perUser: { hourly: 5 },
};

const said = (...given: Parameters<typeof limitsOfMessage>) =>
  limitsOfMessage(...given).map(({ subject, unit, max }) => [subject, unit, max]);

describe("what a message counts for", () => {
  it("is nothing where nothing is set", () => {
    expect(said(undefined, undefined)).toEqual([]);
    expect(said(undefined, { ...credential, user: "u" })).toEqual([]);
    expect(said({ kind: "limits", id: "limits" }, credential)).toEqual([]);
  });

  it("is the tenant's quota, also without a credential", () => {
    expect(said(limits, undefined)).toEqual([["tenant", "month", 1000]]);
  });

  it("is each limit of the credential and its user", () => {
    expect(said(limits, { ...credential, user: "u" })).toEqual([
      ["tenant", "month", 1000],
      ["credential:app", "hour", 10],
      ["credential:app", "day", 100],
      ["user:u", "hour", 5],
    ]);
  });

  it("is the credential's own limit where it has one, 0 included", () => {
    const own = { ...credential, limits: { hourly: 0 } };
    expect(said(limits, own)).toEqual([
      ["tenant", "month", 1000],
      ["credential:app", "hour", 0],
      ["credential:app", "day", 100],
    ]);
    expect(said(undefined, own)).toEqual([["credential:app", "hour", 0]]);
  });
});
