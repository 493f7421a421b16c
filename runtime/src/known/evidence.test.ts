import type { Known, WorkEvent } from "@waybill/schemas";
import { expect, test } from "vitest";
import { evidenceIn, evidenceOf } from "./evidence.ts";
import { events } from "./testing.ts";

const { accepted, due, delivered, failed, dead } = events("t1");

const tells = (known: Known, work: WorkEvent): boolean =>
  evidenceIn(known).some((one) => evidenceOf(work).includes(one));

test.each<[string, WorkEvent, Known]>([
  ["it was delivered", accepted("m"), delivered("m")],
  ["it failed, and is tried again", accepted("m"), failed("m")],
  ["it was given up", accepted("m"), dead("m")],
  ["the next attempt is set", accepted("m"), due("m", 2)],
  ["it waits for a provider", accepted("m"), due("m", 1, 1)],
  ["it waits for a provider once more", due("m", 1, 1), due("m", 1, 2)],
  ["the next attempt is set after a wait", due("m", 1, 3), due("m", 2)],
  ["a later attempt failed", due("m", 2), failed("m", 2)],
  ["an earlier attempt delivered it late", due("m", 2), delivered("m", 1)],
])("it is told of an item that %s", (_, work, known) => {
  expect(tells(known, work)).toBe(true);
});

test.each<[string, WorkEvent, Known]>([
  ["its own timer, that has fired", due("m", 2), due("m", 2)],
  ["its own timer, that has fired after a wait", due("m", 1, 2), due("m", 1, 2)],
  ["the attempt before", due("m", 2), failed("m", 1)],
  ["what another recipient got before", due("m", 2), delivered("m", 1, "other@y.test")],
  ["another message", accepted("m"), delivered("n")],
])("an item is as new after %s", (_, work, known) => {
  expect(tells(known, work)).toBe(false);
});
