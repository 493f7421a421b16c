import type { FeedbackType, MailEvent } from "@waybill/schemas";
import * as fc from "fast-check";

const START = Date.UTC(2026, 0, 1);
const TEXTS = [
  "Hello",
  "",
  'it\'s "quoted" \\ {1,2}',
  "naïve 📦",
  "nul \0 and half \ud83d",
  "null",
];
const TYPES = [
  "due",
  "requeued",
  "delivered",
  "failed",
  "ambiguous",
  "deadlettered",
  "deferred",
  "confirmed",
  "bounced",
  "complained",
  "opened",
  "clicked",
  "unsubscribed",
  "suppressed",
] as const;

type Toss = {
  message: number;
  type: MailEvent["type"];
  recipients: number[];
  attempt: number;
  retry: boolean;
  text: string;
};

const tosses = (messages: number): fc.Arbitrary<Toss> =>
  fc.record({
    message: fc.nat(messages - 1),
    type: fc.constantFrom("accepted", ...TYPES),
    recipients: fc.subarray([0, 1, 2, 3], { minLength: 1 }),
    attempt: fc.integer({ min: 1, max: 6 }),
    retry: fc.boolean(),
    text: fc.constantFrom(...TEXTS),
  });

const address = (message: number, idx: number): string => `User${idx}@m${message}.test`;
const at = (place: number): string => new Date(START + place * 1234).toISOString();

const baseOf = ({ message }: Toss, place: number) => ({
  messageId: `01J${String(message).padStart(23, "0")}`,
  tenant: ["acme", "globex", "initech"][message % 3] ?? "",
  time: at(place),
  traceId: "0".repeat(32),
});

const workOf = (one: Toss, place: number, recipients: string[]) => ({
  ...baseOf(one, place),
  attempt: one.attempt,
  rung: one.attempt - 1,
  envelope: { from: "App@Shop.test", recipients, utf8: false },
  body: { store: "jetstream" as const, chunks: [place], size: place, sha256: "" },
  routing: { tags: [], fields: {} },
});

const attemptOf = (one: Toss, place: number, recipients: string[]) => ({
  ...baseOf(one, place),
  attempt: one.attempt,
  provider: { id: `provider-${one.attempt}`, kind: "smtp" },
  route: { because: "test", owner: "tenant" as const },
  durationMs: place / 8,
  outcomes: recipients.map((recipient) => ({
    recipient,
    class: one.type === "delivered" ? ("accepted" as const) : ("retry" as const),
    response: `${recipient}: ${one.text}`,
  })),
});

function acceptedOf(one: Toss, place: number): MailEvent {
  const { message, text } = one;
  const everybody = Array.from({ length: 1 + (message % 4) }, (_, idx) => address(message, idx));
  const submission = { protocol: "smtp" as const, address: "192.0.2.1", helo: text, tls: true };
  const header = {
    from: "App <app@shop.test>",
    subject: text,
    messageId: `<${message}@shop.test>`,
  };
  return { type: "accepted", ...workOf(one, place, everybody), submission, header };
}

/** What was told of the first of these recipients, in any order of times. */
function feedbackOf(one: Toss, place: number, type: FeedbackType, recipient: string): MailEvent {
  const { attempt, text, retry } = one;
  const origin = { source: "webhook" as const, binding: "hook", eventId: String(place) };
  const told = { ...baseOf(one, place), recipient, at: at(place ^ attempt), origin };
  switch (type) {
    case "deferred":
      return { type, ...told, response: text };
    case "confirmed":
      return { type, ...told, ...(retry && { response: text }) };
    case "bounced":
      return { type, ...told, isHard: retry, category: "inactive", response: text };
    case "complained":
      return { type, ...told, ...(retry && { feedbackType: "abuse" }) };
    case "opened":
      return { type, ...told, isMachine: retry };
    case "clicked":
      return { type, ...told, isMachine: retry, url: `https://x.test/${text}` };
    case "unsubscribed":
      return { type, ...told };
  }
}

function eventOf(one: Toss, place: number): MailEvent {
  const { type, message, attempt, text, retry } = one;
  const recipients = one.recipients.map((idx) => address(message, idx));
  switch (type) {
    case "accepted":
      return acceptedOf(one, place);
    case "due":
      return { type, ...workOf(one, place, recipients) };
    case "requeued":
      return { type, ...workOf(one, place, recipients), by: "operator" };
    case "delivered":
      return { type, ...attemptOf(one, place, recipients) };
    case "failed":
    case "ambiguous": {
      const again = retry ? { retryAt: at(place + 60) } : {};
      return { type, ...attemptOf(one, place, recipients), ...again };
    }
    case "deadlettered":
      return { type, ...baseOf(one, place), attempt, reason: "refused", recipients, detail: text };
    case "deferred":
    case "confirmed":
    case "bounced":
    case "complained":
    case "opened":
    case "clicked":
    case "unsubscribed":
      return feedbackOf(one, place, type, recipients[0] ?? "");
    case "suppressed": {
      const suppressions = recipients.map((recipient) => ({
        recipient,
        reason: "manual" as const,
      }));
      return { type, ...baseOf(one, place), attempt, suppressions };
    }
  }
}

type Shape = { minLength: number; maxLength: number; messages: number };

/**
 * Histories of messages of three tenants, in orders a log can hold and in some it cannot: most
 * messages begin by being accepted, and then anything happens.
 */
export const histories = ({ messages, ...length }: Shape): fc.Arbitrary<MailEvent[]> =>
  fc.array(tosses(messages), length).map((all) => {
    const seen = new Set<number>();
    return all.map((one, place) => {
      const isFirst = !seen.has(one.message) && place % 10 !== 0;
      seen.add(one.message);
      return eventOf(isFirst ? { ...one, type: "accepted" } : one, place);
    });
  });

/** One history of that length, the same at every run. */
export function longHistory(length: number, seed: number): MailEvent[] {
  const shape = { minLength: length, maxLength: length, messages: length >> 2 };
  return fc.sample(histories(shape), { numRuns: 1, seed })[0] ?? [];
}
