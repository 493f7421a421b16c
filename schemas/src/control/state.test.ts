import { describe, expect, it } from "vitest";
import type { ControlFact } from "./fact.ts";
import { foldConfiguration, noConfiguration } from "./state.ts";

const base = { tenant: "acme", time: "2026-01-01T00:00:00.000Z", actor: "test", reason: "test" };
const kept = (id: string, concurrency: number): ControlFact => ({
  ...base,
  kind: "provider",
  id,
  entity: { kind: "provider", type: "sandbox", id, name: id, concurrency },
});
const removed = (id: string): ControlFact => ({ ...base, kind: "provider", id, entity: null });
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

const provider = (id: string, concurrency: number) => ({
  id,
  name: id,
  concurrency,
  type: "sandbox",
});

describe("the configuration as of a moment", () => {
  it("given no fact, then there is nothing", () => {
    expect(after()).toEqual({ seq: 0 });
  });

  it("given two facts of an entity, then the later one counts", () => {
    expect(after(kept("one", 1), kept("two", 2), kept("one", 3))).toEqual({
      seq: 3,
      provider: [provider("one", 3), provider("two", 2)],
    });
  });

  it("given a removal, then it is gone, until it is made again", () => {
    expect(after(kept("one", 1), removed("one"))).toEqual({ seq: 2, provider: [] });
    expect(after(kept("one", 1), removed("one"), kept("one", 2))).toMatchObject({
      provider: [provider("one", 2)],
    });
    expect(after(removed("never"))).toEqual({ seq: 1, provider: [] });
  });

  it("given the same id of two kinds, then both are there, without their secrets", () => {
    expect(after(kept("one", 1), key)).toEqual({
      seq: 2,
      provider: [provider("one", 1)],
      apikey: [{ id: "one", name: "reports" }],
    });
  });
});
