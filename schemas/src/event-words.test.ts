import { expect, test } from "vitest";
import { dedupeId, EVENT_TYPES, isWork } from "./event-words.ts";
import type { MailEvent as Event } from "./events.ts";
import { MailEvent } from "./shapes.ts";

const event = (type: Event["type"], rest: object = {}): Event =>
  ({ type, messageId: "M", attempt: 1, envelope: { recipients: ["a"] }, ...rest }) as Event;

const delivered = (...recipients: string[]): Event =>
  event("delivered", { outcomes: recipients.map((recipient) => ({ recipient })) });

const bounced = (recipient: string, origin: object): Event =>
  event("bounced", { recipient, origin: { source: "webhook", ...origin } });

test("every type of the union has its word, and the other way round", () => {
  const types = MailEvent.options.map((option) => option.shape.type.value);
  expect(EVENT_TYPES.toSorted()).toEqual(types.toSorted());
});

test("what an actor must act on is work, what became of it is not", () => {
  expect(EVENT_TYPES.filter((type) => isWork(event(type)))).toEqual([
    "accepted",
    "due",
    "requeued",
  ]);
});

test("the same event has the same id", () => {
  expect(dedupeId(delivered("a", "b"))).toBe(dedupeId(delivered("a", "b")));
});

test("another attempt, another type and other recipients of one attempt have other ids", () => {
  const ids = [
    event("accepted"),
    event("due"),
    event("due", { attempt: 2 }),
    event("due", { envelope: { recipients: ["b"] } }),
    event("requeued"),
    delivered("a"),
    delivered("b"),
    delivered("a", "b"),
    delivered("a", "b", "d"),
    delivered("a", "c", "d"),
    event("failed", { outcomes: [{ recipient: "a" }] }),
    event("deadlettered", { recipients: ["a"] }),
    bounced("a", { binding: "one", eventId: "1" }),
    bounced("b", { binding: "one", eventId: "1" }),
    bounced("a", { binding: "two", eventId: "1" }),
    bounced("a", { binding: "one", eventId: "2" }),
    event("opened", {
      recipient: "a",
      origin: { source: "webhook", binding: "one", eventId: "1" },
    }),
  ].map(dedupeId);
  expect(new Set(ids).size).toBe(ids.length);
});
