import { MailEvent } from "@waybill/schemas/shapes";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Report, Reports } from "../report.ts";
import { parseGeneric } from "./generic.ts";
import { parseMailgun } from "./mailgun.ts";
import { parsePostmark } from "./postmark.ts";
import { parseResend } from "./resend.ts";
import { parseSendgrid } from "./sendgrid.ts";
import { parseSes } from "./ses.ts";

const ID = "01J00000000000000000000000";
const AT = "2026-01-02T03:04:05.000Z";
const SECONDS = Date.parse(AT) / 1000;

/** A report in few words. */
function brief(report: Report | undefined): string {
  if (report === undefined) return "ignored";
  const { what } = report;
  if (what.type === "bounced")
    return `${what.isHard ? "hard" : "soft"} ${what.category} ${what.enhanced ?? ""}`.trim();
  return "isMachine" in what && what.isMachine ? `${what.type} by a machine` : what.type;
}
const briefs = (reports: Reports | undefined) => reports?.map(brief).join(", ");

const sendgridEvent = (more: object) => [
  { email: "a@x.test", timestamp: SECONDS, sg_event_id: "e", relay_id: ID, ...more },
];
const mailgunEvent = (more: object) => ({
  "event-data": {
    timestamp: SECONDS,
    recipient: "a@x.test",
    "user-variables": { relay_id: ID },
    ...more,
  },
});
const failed = (reason: string, status = {}) => ({
  event: "failed",
  severity: "permanent",
  reason,
  "delivery-status": status,
});
const record = (more: object) => ({ Recipient: "a@x.test", Metadata: { relay_id: ID }, ...more });
const resendEvent = (type: string, more = {}) => ({
  type,
  created_at: AT,
  data: { to: ["a@x.test"], tags: { relay_id: ID }, ...more },
});

describe("SendGrid", () => {
  test.each([
    [{ event: "processed" }, "ignored"],
    [{ event: "deferred", response: "400 later" }, "deferred"],
    [{ event: "delivered", response: "250 OK" }, "confirmed"],
    [
      { event: "bounce", type: "bounce", reason: "550 5.1.1 no", status: "5.1.1" },
      "hard invalid_recipient 5.1.1",
    ],
    [{ event: "bounce", type: "bounce", reason: "552 5.2.2 full" }, "hard mailbox_full 5.2.2"],
    [
      { event: "bounce", type: "blocked", reason: "550 5.7.1 blocked" },
      "soft reputation_block 5.7.1",
    ],
    [{ event: "dropped", reason: "Bounced Address" }, "hard inactive"],
    [{ event: "dropped", reason: "Spam Reporting Address" }, "soft inactive"],
    [{ event: "open" }, "opened"],
    [{ event: "open", sg_machine_open: true }, "opened by a machine"],
    [{ event: "click", url: "https://x.test/" }, "clicked"],
    [{ event: "spamreport" }, "complained"],
    [{ event: "unsubscribe" }, "unsubscribed"],
    [{ event: "group_unsubscribe", asm_group_id: 1 }, "unsubscribed"],
    [{ event: "group_resubscribe" }, "ignored"],
    [{ event: "account_status_change" }, "ignored"],
    [{ event: "open", relay_id: undefined }, "ignored"],
    [{ event: "open", timestamp: 1e20 }, "ignored"],
  ])("%j is %s", (more, expected) => {
    expect(briefs(parseSendgrid(sendgridEvent(more)))).toBe(expected);
  });

  test("tells whose, when and under which id", () => {
    expect(parseSendgrid(sendgridEvent({ event: "open" }))).toEqual([
      {
        relayId: ID,
        recipient: "a@x.test",
        at: AT,
        eventId: "e",
        what: { type: "opened", isMachine: false },
      },
    ]);
  });
});

describe("SES", () => {
  const person = { emailAddress: "a@x.test" };
  const mail = { timestamp: AT, destination: ["a@x.test"], tags: { relay_id: [ID] } };
  const bounce = (bounceType: string, bounceSubType: string, more = {}) => ({
    eventType: "Bounce",
    bounce: {
      timestamp: AT,
      bounceType,
      bounceSubType,
      bouncedRecipients: [{ ...person, ...more }],
    },
  });
  test.each([
    [{ eventType: "Send", send: {} }, "ignored"],
    [
      { eventType: "Delivery", delivery: { timestamp: AT, recipients: ["a@x.test", "b@x.test"] } },
      "confirmed, confirmed",
    ],
    [
      { notificationType: "Delivery", delivery: { timestamp: AT, recipients: ["a@x.test"] } },
      "confirmed",
    ],
    [
      { eventType: "DeliveryDelay", deliveryDelay: { timestamp: AT, delayedRecipients: [person] } },
      "deferred",
    ],
    [bounce("Permanent", "General", { status: "5.1.1" }), "hard invalid_recipient 5.1.1"],
    [bounce("Permanent", "OnAccountSuppressionList"), "hard inactive"],
    [bounce("Permanent", "UnsubscribedRecipient"), "soft inactive"],
    [bounce("Transient", "MailboxFull", { status: "4.2.2" }), "soft mailbox_full 4.2.2"],
    [bounce("Undetermined", "Undetermined"), "soft other"],
    [
      {
        eventType: "Complaint",
        complaint: {
          timestamp: AT,
          complainedRecipients: [person],
          complaintFeedbackType: "abuse",
        },
      },
      "complained",
    ],
    [{ eventType: "Reject", reject: { reason: "Bad content" } }, "soft content"],
    [{ eventType: "Open", open: { timestamp: AT } }, "opened"],
    [{ eventType: "Click", click: { timestamp: AT, link: "https://x.test/" } }, "clicked"],
    [{ eventType: "Subscription", subscription: { timestamp: AT } }, "unsubscribed"],
    [{ eventType: "Rendering Failure", failure: {} }, "ignored"],
  ])("%j is %s", (more, expected) => {
    expect(briefs(parseSes({ mail, ...more }, "m"))).toBe(expected);
  });

  test("an opening names nobody when it went to several", () => {
    const several = { ...mail, destination: ["a@x.test", "b@x.test"] };
    const [report] =
      parseSes({ mail: several, eventType: "Open", open: { timestamp: AT } }, "m") ?? [];
    expect(report?.recipient).toBeUndefined();
  });

  test("the id is found in the header where there are no tags", () => {
    const headers = [{ name: "X-Relay-Id", value: ID }];
    const event = {
      mail: { timestamp: AT, destination: ["a@x.test"], headers },
      eventType: "Open",
      open: { timestamp: AT },
    };
    expect(parseSes(event, "m")?.[0]?.relayId).toBe(ID);
  });

  test("what is no event, such as the words of a new topic, is ignored", () => {
    expect(parseSes(undefined, "m")).toEqual([undefined]);
    expect(parseSes({ mail: "none" }, "m")).toEqual([undefined]);
  });
});

describe("Mailgun", () => {
  test.each([
    [{ event: "accepted" }, "ignored"],
    [{ event: "delivered", "delivery-status": { code: 250, message: "OK" } }, "confirmed"],
    [{ event: "failed", severity: "temporary" }, "deferred"],
    [failed("bounce", { code: 550, message: "5.1.1 no" }), "hard invalid_recipient 5.1.1"],
    [failed("generic", { code: 452, "enhanced-code": "4.2.2" }), "soft mailbox_full 4.2.2"],
    [failed("suppress-bounce"), "hard inactive"],
    [failed("suppress-complaint"), "soft inactive"],
    [{ event: "rejected", reject: { reason: "virus" } }, "soft content"],
    [{ event: "opened", "client-info": { bot: "" } }, "opened"],
    [{ event: "opened", "client-info": { bot: "apple" } }, "opened by a machine"],
    [{ event: "clicked", url: "https://x.test/" }, "clicked"],
    [{ event: "unsubscribed" }, "unsubscribed"],
    [{ event: "complained" }, "complained"],
    [{ event: "opened", "user-variables": {} }, "ignored"],
  ])("%j is %s", (more, expected) => {
    expect(briefs(parseMailgun(mailgunEvent(more), "token"))).toBe(expected);
  });
});

const idOf = (DeliveredAt: string) =>
  parsePostmark(record({ RecordType: "Delivery", DeliveredAt }))?.[0]?.eventId;

describe("Postmark", () => {
  const bounce = (Type: string) =>
    record({ RecordType: "Bounce", Type, BouncedAt: AT, Details: "said" });
  test.each([
    [record({ RecordType: "Delivery", DeliveredAt: AT, Details: "250 OK" }), "confirmed"],
    [bounce("HardBounce"), "hard invalid_recipient"],
    [bounce("BadEmailAddress"), "hard invalid_recipient"],
    [bounce("Blocked"), "soft policy"],
    [bounce("DMARCPolicy"), "soft policy"],
    [bounce("SoftBounce"), "soft other"],
    [bounce("Transient"), "deferred"],
    [bounce("SpamNotification"), "complained"],
    [bounce("ManuallyDeactivated"), "soft inactive"],
    [bounce("AutoResponder"), "ignored"],
    [record({ RecordType: "SpamComplaint", BouncedAt: AT }), "complained"],
    [record({ RecordType: "Open", ReceivedAt: AT }), "opened"],
    [record({ RecordType: "Click", ReceivedAt: AT, OriginalLink: "https://x.test/" }), "clicked"],
    [
      record({
        RecordType: "SubscriptionChange",
        ChangedAt: AT,
        SuppressSending: true,
        SuppressionReason: "ManualSuppression",
      }),
      "unsubscribed",
    ],
    [
      record({
        RecordType: "SubscriptionChange",
        ChangedAt: AT,
        SuppressSending: true,
        SuppressionReason: "SpamComplaint",
      }),
      "complained",
    ],
    [
      record({ RecordType: "SubscriptionChange", ChangedAt: AT, SuppressSending: false }),
      "ignored",
    ],
  ])("%j is %s", (body, expected) => {
    expect(briefs(parsePostmark(body))).toBe(expected);
  });

  test("a record is known by what it says", () => {
    expect(idOf(AT)).toBe(idOf(AT));
    expect(idOf(AT)).not.toBe(idOf("2026-01-02T03:04:06.000Z"));
  });
});

describe("Resend", () => {
  test.each([
    [resendEvent("email.sent"), "ignored"],
    [resendEvent("email.delivered"), "confirmed"],
    [resendEvent("email.delivery_delayed"), "deferred"],
    [
      resendEvent("email.bounced", { bounce: { type: "Permanent", message: "5.1.1 no" } }),
      "hard invalid_recipient 5.1.1",
    ],
    [resendEvent("email.bounced", { bounce: { type: "Transient" } }), "soft other"],
    [resendEvent("email.suppressed", { suppressed: { type: "Permanent" } }), "hard inactive"],
    [resendEvent("email.failed", { failed: { reason: "quota" } }), "soft other"],
    [resendEvent("email.complained"), "complained"],
    [resendEvent("email.opened"), "opened"],
    [resendEvent("email.clicked", { click: { link: "https://x.test/" } }), "clicked"],
    [resendEvent("contact.created"), "ignored"],
  ])("%j is %s", (body, expected) => {
    expect(briefs(parseResend(body, "m"))).toBe(expected);
  });

  test("names nobody of several", () => {
    const [report] =
      parseResend(resendEvent("email.opened", { to: ["a@x.test", "b@x.test"] }), "m") ?? [];
    expect(report?.recipient).toBeUndefined();
  });
});

test("our own contract refuses what breaks it, event by event", () => {
  const good = {
    type: "opened",
    id: "1",
    messageId: ID,
    recipient: "a@x.test",
    at: AT,
    isMachine: true,
  };
  const events = [good, { ...good, isMachine: "yes" }, { ...good, type: "accepted" }];
  expect(briefs(parseGeneric({ events }))).toBe("opened by a machine, ignored, ignored");
  expect(parseGeneric({ events: [] })).toBeUndefined();
  expect(parseGeneric([])).toBeUndefined();
});

const PARSERS = [parseSendgrid, parseMailgun, parsePostmark, parseResend, parseGeneric, parseSes];

test("nothing that a provider could send makes a parser throw, or makes an event that breaks its shape", () => {
  const words = fc.constantFrom(
    "event",
    "email",
    "timestamp",
    "sg_event_id",
    "relay_id",
    "type",
    "reason",
    "event-data",
    "user-variables",
    "recipient",
    "RecordType",
    "Metadata",
    "data",
    "tags",
    "to",
    "created_at",
    "mail",
    "eventType",
    "open",
    "click",
  );
  const values = fc.oneof(
    fc.constantFrom("open", "opened", "Open", "email.opened", "bounce", "failed", "Bounce", ID, AT),
    fc.json().map((text) => JSON.parse(text) as unknown),
    fc.double(),
  );
  const bodies = fc.letrec((tie) => ({
    body: fc.oneof({ maxDepth: 4 }, values, tie("object"), fc.array(tie("body"), { maxLength: 3 })),
    object: fc.dictionary(words, tie("body"), { maxKeys: 8 }),
  })).body;
  fc.assert(
    fc.property(bodies, (body) => {
      for (const parse of PARSERS)
        for (const report of parse(body, "call") ?? []) {
          if (report === undefined) continue;
          const { what, at, eventId } = report;
          const origin = { source: "webhook", eventId };
          const base = { messageId: ID, tenant: "a", time: AT, traceId: "", recipient: "a@x.test" };
          expect(MailEvent.safeParse({ ...base, ...what, at, origin }).error).toBeUndefined();
        }
    }),
    { numRuns: 500 },
  );
});
