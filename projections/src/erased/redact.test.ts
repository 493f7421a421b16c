import { evolveMessage, type MailEvent, type MessageView, redact } from "@waybill/schemas";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { erasedOf } from "../testing/erase.ts";
import { longHistory } from "../testing/history.ts";

const ADDRESS = "User0@m1.test";
const ID = `01J${"1".padStart(23, "0")}`;

/** The same event, in which everybody quotes the address, and the header names it. */
function quoting(event: MailEvent): MailEvent {
  const said = `550 <${ADDRESS.toUpperCase()}> and rcpt=${ADDRESS} are unknown`;
  const told = "response" in event ? { response: said } : {};
  if ("outcomes" in event) {
    const route = { because: `rule for ${ADDRESS}`, redirectedTo: ADDRESS };
    const outcomes = event.outcomes.map((one) => ({ ...one, response: said }));
    return { ...event, outcomes, route };
  }
  if ("routing" in event) {
    const header = { from: ADDRESS, subject: `Dear ${ADDRESS}`, messageId: `<1.${ADDRESS}>` };
    const fields = { to: `"User" <${ADDRESS}>` };
    const work = { ...event, routing: { ...event.routing, fields } };
    return work.type === "accepted" ? { ...work, header } : work;
  }
  if (event.type === "deadlettered") return { ...event, detail: said };
  if (event.type === "clicked") return { ...event, url: `https://x.test/?who=${ADDRESS}` };
  return { ...event, ...told };
}

const fold = (events: readonly MailEvent[]) =>
  events.reduce<MessageView | undefined>(
    (view, event, at) => evolveMessage(view, event, at + 1),
    undefined,
  );

const statusesOf = (view: MessageView | undefined) =>
  view && [view.status, view.attempts, ...view.recipients.map((one) => [one.status, one.attempts])];

const histories = fc
  .integer({ min: 1, max: 1_000_000 })
  .map((seed) => longHistory(200, seed).filter((one) => one.messageId === ID))
  .map((events) => events.map(quoting));

test.each([false, true])(
  "no address is left, and what became of them stays (whole: %s)",
  (whole) => {
    fc.assert(
      fc.property(histories, (events) => {
        const left = events.map((event) => redact(event, erasedOf(ADDRESS, whole)));
        expect(JSON.stringify(left).toLowerCase()).not.toContain(ADDRESS.toLowerCase());
        const others = whole ? /user\d@/i : /user0@/i;
        expect(JSON.stringify(left)).not.toMatch(others);
        expect(statusesOf(fold(left))).toEqual(statusesOf(fold(events)));
        expect(left.map((event) => redact(event, erasedOf(ADDRESS, whole)))).toEqual(left);
      }),
      { numRuns: 50 },
    );
  },
);

const OTHER = "auser0@m1.test";

test("another's outcome stays as it was, though their address ends alike", () => {
  const base = { messageId: "01J", tenant: "acme", time: "", traceId: "", attempt: 1 };
  const outcomes = [
    { recipient: OTHER, class: "accepted", response: "250 ok" } as const,
    {
      recipient: ADDRESS,
      class: "accepted",
      response: "250 kept",
      providerMessageId: "x",
    } as const,
  ];
  const provider = { id: "p", kind: "smtp" };
  const event: MailEvent = {
    type: "delivered",
    ...base,
    provider,
    route: { because: "" },
    durationMs: 1,
    outcomes,
  };
  const left = redact(event, erasedOf(ADDRESS));
  expect(left).toMatchObject({ erased: true, outcomes: [outcomes[0], { response: "" }] });
  expect(redact(event, erasedOf("nobody@m1.test"))).toBe(event);
});

test("what opens the body goes with it", () => {
  const accepted = longHistory(200, 1).find((one) => one.type === "accepted");
  if (accepted === undefined) throw new Error("no history without an acceptance");
  const shared = { at: 100, key: "a-key" };
  const body = { store: "jetstream" as const, chunks: [7], size: 10, sha256: "x", shared };
  const left = redact({ ...accepted, body }, erasedOf("any", true));
  expect(left).toMatchObject({ body: { chunks: [], size: 10, sha256: "" } });
  expect(JSON.stringify(left)).not.toContain("a-key");
});
