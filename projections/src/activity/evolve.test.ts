import type { ControlFact, Entity } from "@waybill/schemas";
import { describe, expect, it } from "vitest";
import { activityOf } from "./evolve.ts";

const member = { kind: "member", id: "first", role: "viewer" };
const key = { kind: "apikey", id: "first", name: "reports", hash: "secret" };

const fact = (entity: object | null, who: Partial<ControlFact> = {}): ControlFact => ({
  tenant: "acme",
  kind: "member",
  id: "first",
  time: "2026-01-01T00:00:00.000Z",
  actor: "user:ann",
  reason: "because",
  entity: entity as Entity | null,
  ...who,
});

const { kind: _kind, ...seen } = member;

describe("given nothing", () => {
  it("when an entity is kept, then it was made", () => {
    expect(activityOf(null, fact(member, { ip: "192.0.2.1" }), 7)).toEqual({
      tenant: "acme",
      seq: 7,
      time: "2026-01-01T00:00:00.000Z",
      actor: "user:ann",
      ip: "192.0.2.1",
      reason: "because",
      kind: "member",
      id: "first",
      action: "made",
      before: null,
      after: seen,
    });
  });

  it("when one with a secret is kept, then the secret is not told", () => {
    const { after } = activityOf(null, fact(key, { kind: "apikey" }), 1);
    expect(after).toEqual({ id: "first", name: "reports" });
  });

  it("when it is removed, then that is all there is to tell", () => {
    const told = { action: "removed", before: null, after: null, ip: null };
    expect(activityOf(null, fact(null), 1)).toMatchObject(told);
  });
});

describe("given an entity", () => {
  it("when another state is kept, then it was changed", () => {
    const { before, after, action } = activityOf(seen, fact({ ...member, role: "owner" }), 2);
    expect({ before, after, action }).toEqual({
      action: "changed",
      before: seen,
      after: { ...seen, role: "owner" },
    });
  });

  it("when it is removed, then it is told what it was", () => {
    expect(activityOf(seen, fact(null), 2)).toMatchObject({ action: "removed", before: seen });
  });
});
