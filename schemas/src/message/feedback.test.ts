import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MailEvent, RecipientsDelivered } from "../events.ts";
import type { FeedbackEvent, FeedbackType } from "../feedback.ts";
import type { MessageView } from "../views.ts";
import { evolveMessage } from "./evolve.ts";

const A = "a@x.test";
const B = "b@x.test";
const minute = (count: number) => new Date(Date.UTC(2026, 0, 1, 0, count)).toISOString();
const base = { messageId: "01J00000000000000000000000", tenant: "acme", traceId: "0".repeat(32) };

const accepted: MailEvent = {
  type: "accepted",
  ...base,
  time: minute(0),
  attempt: 1,
  rung: 0,
  envelope: { from: "app@shop.test", recipients: [A, B], utf8: false },
  body: { store: "jetstream", chunks: [1], size: 42, sha256: "" },
  routing: { tags: [], fields: {} },
  submission: { protocol: "smtp", address: "192.0.2.1", helo: "app", tls: true },
  header: { from: "app@shop.test", subject: "Hello", messageId: "<1@shop.test>" },
};

const delivered = (...recipients: string[]): RecipientsDelivered => ({
  type: "delivered",
  ...base,
  time: minute(1),
  attempt: 1,
  provider: { id: "main", kind: "ses" },
  route: { because: "test" },
  durationMs: 5,
  outcomes: recipients.map((recipient) => ({ recipient, class: "accepted", response: "ok" })),
});

const DETAILS: Record<FeedbackType, object> = {
  deferred: { response: "4.2.2 full" },
  confirmed: { response: "250 ok" },
  bounced: { isHard: true, category: "invalid_recipient", response: "550 no" },
  complained: { feedbackType: "abuse" },
  opened: { isMachine: false },
  clicked: { isMachine: false, url: "https://x.test/" },
  unsubscribed: {},
};

const told = (type: FeedbackType, at = 2, more: object = {}): FeedbackEvent => {
  const origin = { source: "webhook", binding: "hook", eventId: `${type}${at}` };
  const known = { ...base, time: minute(at + 1), at: minute(at), recipient: A, origin };
  return { type, ...known, ...DETAILS[type], ...more } as FeedbackEvent;
};

const fold = (view: MessageView | undefined, event: MailEvent, index: number) =>
  evolveMessage(view, event, index + 2);

function given(...events: MailEvent[]): MessageView {
  const view = events.reduce(fold, evolveMessage(undefined, accepted, 1));
  if (view === undefined) throw new Error("no view");
  return view;
}
const first = (...events: MailEvent[]) => given(...events).recipients[0];

describe("of a recipient who was told of", () => {
  test.each([
    [["deferred"], "delivered"],
    [["confirmed"], "delivered"],
    [["bounced"], "bounced"],
    [["confirmed", "bounced"], "bounced"],
    [["bounced", "confirmed", "deferred"], "bounced"],
    [["bounced", "complained"], "complained"],
    [["opened", "clicked", "unsubscribed"], "delivered"],
  ] as const)("%j after a provider took it is %s", (types, status) => {
    expect(first(delivered(A), ...types.map((type) => told(type)))?.status).toBe(status);
  });

  test("what was told before our own outcome is recorded says as much as it can", () => {
    expect(first(told("deferred"))?.status).toBe("deferred");
    expect(first(told("confirmed"))?.status).toBe("delivered");
  });

  test.each(["opened", "clicked", "unsubscribed"] as const)(
    "%s has it, whatever our own attempt could still record",
    (type) => {
      expect(first(told(type))?.status).toBe("delivered");
      expect(first(told("deferred"), told(type))?.status).toBe("delivered");
      expect(given(told(type)).status).toBe("queued");
    },
  );

  test("a hard bounce stands before a soft one, a person before a machine, the first before the next", () => {
    const soft = told("bounced", 2, { isHard: false });
    const events = [soft, told("bounced", 5), told("bounced", 4)];
    expect(first(...events)?.feedback?.bounced).toMatchObject({ at: minute(4), isHard: true });
    const opens = [told("opened", 2, { isMachine: true }), told("opened", 6), told("opened", 3)];
    expect(first(...opens)?.feedback?.opened).toEqual({ at: minute(3), isMachine: false });
    const puts = [told("deferred", 4), told("deferred", 2)];
    expect(first(...puts)?.feedback?.deferred?.at).toBe(minute(4));
  });

  test("nobody else is touched, and a stranger is nobody", () => {
    const before = given(delivered(A, B));
    expect(given(delivered(A, B), told("bounced")).recipients[1]).toEqual(before.recipients[1]);
    const stranger = told("bounced", 2, { recipient: "c@x.test" });
    expect(given(delivered(A, B), stranger).recipients).toEqual(before.recipients);
  });
});

test.each([
  [[told("bounced")], "partial"],
  [[told("bounced"), told("bounced", 2, { recipient: B })], "bounced"],
  [[told("complained")], "complained"],
  [[told("complained"), told("bounced", 2, { recipient: B })], "partial"],
] as const)("a message whose two recipients got %j is %s", (events, status) => {
  expect(given(delivered(A, B), ...events).status).toBe(status);
});

const reports = fc
  .record({
    type: fc.constantFrom(...(Object.keys(DETAILS) as FeedbackType[])),
    at: fc.nat(5),
    recipient: fc.constantFrom(A, B),
    flag: fc.boolean(),
    text: fc.constantFrom("one", "two"),
  })
  .map(({ type, at, recipient, flag, text }) => {
    const details: Record<FeedbackType, object> = {
      deferred: { response: text },
      confirmed: flag ? { response: text } : { response: undefined },
      bounced: { isHard: flag, response: text },
      complained: { feedbackType: text },
      opened: { isMachine: flag },
      clicked: { isMachine: flag, url: text },
      unsubscribed: {},
    };
    return told(type, at, { recipient, ...details[type] });
  });

test("reports give the same view in any order, however often each comes, and whenever our own outcome does", () => {
  const story = fc.array(reports, { maxLength: 8 }).chain((events) => {
    const all = [delivered(A), ...events, delivered(B)];
    const shuffled = fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
    const again = fc.array(fc.constantFrom(...(events.length === 0 ? all : events)));
    return fc.tuple(fc.constant(all), shuffled, again, fc.nat());
  });
  fc.assert(
    fc.property(story, ([all, shuffled, again, place]) => {
      const repeated = shuffled.toSpliced(place % (all.length + 1), 0, ...again);
      const { lastSeq: _a, ...one } = given(...all);
      const { lastSeq: _b, ...other } = given(...repeated);
      expect(other).toEqual(one);
    }),
  );
});

test("a report that tells nothing new leaves its recipient the same object", () => {
  const view = given(delivered(A), told("bounced"));
  const again = evolveMessage(view, told("bounced"), 9);
  expect(again?.recipients[0]).toBe(view.recipients[0]);
});
