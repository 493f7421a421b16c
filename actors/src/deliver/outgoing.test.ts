import { expect, test } from "vitest";
import type { Outcome } from "@waybill/schemas";
import { dueWork } from "../testing/due-work.ts";
import { outcomesOf } from "./outgoing.ts";

const work = dueWork();

const took = (recipient: string): Outcome => ({ recipient, class: "accepted", response: "250" });

const said = (outcomes: Outcome[], redirectedTo?: string) => {
  const route = { because: "test", ...(redirectedTo !== undefined && { redirectedTo }) };
  const { recipients } = work.envelope;
  const all = outcomesOf({ work, recipients, route, tenant: undefined }, outcomes);
  return all.map((one) => [one.recipient, one.class]);
};

test("a recipient of whom a provider says nothing may have the message", () => {
  expect(said([took("two@y.test")])).toEqual([
    ["one@y.test", "ambiguous"],
    ["two@y.test", "accepted"],
  ]);
  expect(said([], "else@z.test")).toEqual([
    ["one@y.test", "ambiguous"],
    ["two@y.test", "ambiguous"],
  ]);
});

test("each recipient has one outcome, and nobody else has any", () => {
  const all = ["two@y.test", "one@y.test", "two@y.test", "three@y.test"].map(took);
  const expected = work.envelope.recipients.map((one) => [one, "accepted"]);
  expect(said(all)).toEqual(expected);
  expect(said([took("else@z.test"), took("else@z.test")], "else@z.test")).toEqual(expected);
});
