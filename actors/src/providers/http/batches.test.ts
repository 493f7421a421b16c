import { array, assert, asyncProperty, boolean, integer } from "fast-check";
import { expect, test } from "vitest";
import type { Outcome } from "@waybill/schemas";
import { sendInBatches } from "./batches.ts";

const isOfOneAddress = ([first]: readonly Outcome[]) => first?.class === "permanent_recipient";

/** A service that refuses all for one that begins with x. */
function picky(most: number) {
  const got: string[] = [];
  const send = (to: readonly string[]): Promise<Outcome[]> => {
    const isGood = to.every((one) => !one.startsWith("x"));
    if (isGood) got.push(...to);
    const one = { class: isGood ? "accepted" : "permanent_recipient", response: "" } as const;
    return Promise.resolve(to.map((recipient) => ({ recipient, ...one })));
  };
  return { got, batch: { send, most, isOfOneAddress } };
}

test("all but those that cannot be, get it once, and each has its outcome in its place", async () => {
  await assert(
    asyncProperty(
      array(boolean(), { maxLength: 60 }),
      integer({ min: 1, max: 9 }),
      async (bad, most) => {
        const recipients = bad.map((is, at) => `${is ? "x" : "r"}${at}`);
        const { got, batch } = picky(most);
        const outcomes = await sendInBatches(recipients, batch);
        const good = recipients.filter((one) => one.startsWith("r"));
        expect(got).toEqual(good);
        expect(outcomes.map(({ recipient }) => recipient)).toEqual(recipients);
        const accepted = outcomes.filter((one) => one.class === "accepted");
        expect(accepted.map(({ recipient }) => recipient)).toEqual(good);
      },
    ),
  );
});

test("when a message can no longer be read, who got it keeps it and the others are tried again", async () => {
  let batches = 0;
  const send = (to: readonly string[]): Promise<Outcome[]> => {
    batches += 1;
    if (batches > 1) return Promise.reject(new Error("gone"));
    return Promise.resolve(to.map((recipient) => ({ recipient, class: "accepted", response: "" })));
  };
  const batch = { send, most: 2, isOfOneAddress };
  const said = await sendInBatches(["a", "b", "c", "d", "e"], batch);
  expect(said.map(({ recipient, class: one }) => `${recipient} ${one}`)).toEqual([
    "a accepted",
    "b accepted",
    "c retry",
    "d retry",
    "e retry",
  ]);
  await expect(sendInBatches(["a"], batch)).rejects.toThrow("gone");
});

test("when no answer is waited for any longer, the batches behind it are not begun", async () => {
  const cut = new AbortController();
  const asked: string[][] = [];
  const send = (to: readonly string[]): Promise<Outcome[]> => {
    asked.push([...to]);
    if (asked.length === 2) cut.abort(new Error("the relay was stopped"));
    const end = cut.signal.aborted ? "ambiguous" : "accepted";
    return Promise.resolve(to.map((recipient) => ({ recipient, class: end, response: "" })));
  };
  const batch = { send, most: 1, isOfOneAddress, signal: cut.signal };
  const said = await sendInBatches(["a", "b", "c", "d"], batch);
  expect(said.map(({ recipient, class: one }) => `${recipient} ${one}`)).toEqual([
    "a accepted",
    "b ambiguous",
    "c retry",
    "d retry",
  ]);
  expect(asked).toEqual([["a"], ["b"]]);
});

test("each batch that stays is told of at its end, and no half of one that is asked again", async () => {
  const told: string[] = [];
  const { batch } = picky(2);
  const tell = (some: readonly Outcome[]) =>
    void told.push(some.map((one) => `${one.recipient} ${one.class}`).join());
  await sendInBatches(["a", "b", "x", "c"], { ...batch, tell });
  expect(told).toEqual(["a accepted,b accepted", "x permanent_recipient", "c accepted"]);
});
