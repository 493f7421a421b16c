import { describe, expect, it } from "vitest";
import type { ControlFact } from "./fact.ts";
import { foldConfiguration, noConfiguration } from "./state.ts";

const base = { tenant: "acme", time: "2026-01-01T00:00:00.000Z", actor: "test", reason: "test" };
const kept = (id: string, position: number): ControlFact => ({
  ...base,
  kind: "route",
  id,
  entity: { kind: "route", id, position, provider: "main", lastResort: false },
});
const removed = (id: string): ControlFact => ({ ...base, kind: "route", id, entity: null });
const key: ControlFact = {
  ...base,
  kind: "apikey",
  id: "one",
  entity: { kind: "apikey", id: "one", name: "reports", hash: "secret" },
};

/** Kinds and ids of what there is after these facts. */
function after(...facts: ControlFact[]) {
  const state = noConfiguration();
  facts.forEach((fact, index) => foldConfiguration(state, fact, index + 1));
  const entities = [...state.entities].map(([kind, group]) => [kind, [...group.values()]]);
  return { seq: state.seq, ...Object.fromEntries(entities) } as unknown;
}

const route = (id: string, position: number) => ({
  id,
  position,
  provider: "main",
  lastResort: false,
});

describe("the configuration as of a moment", () => {
  it("given no fact, then there is nothing", () => {
    expect(after()).toEqual({ seq: 0 });
  });

  it("given two facts of an entity, then the later one counts", () => {
    expect(after(kept("one", 1), kept("two", 2), kept("one", 3))).toEqual({
      seq: 3,
      route: [route("one", 3), route("two", 2)],
    });
  });

  it("given a removal, then it is gone, until it is made again", () => {
    expect(after(kept("one", 1), removed("one"))).toEqual({ seq: 2, route: [] });
    expect(after(kept("one", 1), removed("one"), kept("one", 2))).toMatchObject({
      route: [route("one", 2)],
    });
    expect(after(removed("never"))).toEqual({ seq: 1, route: [] });
  });

  it("given the same id of two kinds, then both are there, without their secrets", () => {
    expect(after(kept("one", 1), key)).toEqual({
      seq: 2,
      route: [route("one", 1)],
      apikey: [{ id: "one", name: "reports" }],
    });
  });
});
