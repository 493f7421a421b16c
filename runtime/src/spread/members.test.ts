import { expect, test } from "vitest";
import { Members, type Beat } from "./members.ts";

const beat = (id: string, more: Partial<Beat> = {}): Beat => ({
  id,
  at: "host:1",
  isTick: true,
  isNew: false,
  isLeaving: false,
  holds: [],
  ...more,
});

/** The members as `me` knows them after these beats. */
function heard(...beats: Beat[]): Members {
  const members = new Members("me");
  for (const one of beats) members.hear(one);
  return members;
}

test("given a worker's beat, it is there, and holds what it says it does", () => {
  const members = heard(beat("a", { holds: [1, 2] }), beat("b", { holds: [3] }));
  expect(members.staying()).toEqual(["a", "b"]);
  expect(members.held()).toEqual(new Set([1, 2, 3]));
});

test("given our own beat, we are not among the others", () => {
  expect(heard(beat("me", { holds: [1] })).held()).toEqual(new Set());
});

test("given four ticks of our own without a word of it, a worker is dead", () => {
  const ticks = Array.from({ length: 4 }, () => beat("me"));
  const dying = heard(beat("a", { holds: [1] }), ...ticks.slice(1));
  expect(dying.staying()).toEqual(["a"]);
  dying.hear(beat("me"));
  expect([dying.staying(), dying.held()]).toEqual([[], new Set()]);
});

test("given no tick of our own, nobody is dead, whatever else was said", () => {
  const members = heard(
    beat("a"),
    ...Array.from({ length: 9 }, () => beat("me", { isTick: false })),
  );
  expect([members.staying(), members.ticks]).toEqual([["a"], 0]);
});

test("given a worker that leaves, it gets nothing more and holds what it has not let go of", () => {
  const members = heard(beat("a", { isLeaving: true, holds: [1] }));
  expect([members.staying(), members.held()]).toEqual([[], new Set([1])]);
  members.hear(beat("a", { isLeaving: true }));
  expect(members.held()).toEqual(new Set());
});
