import { z } from "zod";
import { bounced, suppressed } from "../bounce.ts";
import { given, link, type Reports, timeOf, type What, words } from "../report.ts";

const Person = z.object({
  emailAddress: z.string(),
  status: z.string().optional(),
  diagnosticCode: z.string().optional(),
});
type Person = z.infer<typeof Person>;
const timestamp = z.string();

const Mail = z.object({
  timestamp,
  destination: z.array(z.string()).default([]),
  headers: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
  tags: z.record(z.string(), z.array(z.string())).default({}),
});
type Mail = z.infer<typeof Mail>;

const Event = z.object({
  eventType: z.string().optional(),
  notificationType: z.string().optional(),
  mail: Mail,
  delivery: z
    .object({ timestamp, recipients: z.array(z.string()), smtpResponse: z.string().optional() })
    .optional(),
  deliveryDelay: z
    .object({ timestamp, delayType: z.string().optional(), delayedRecipients: z.array(Person) })
    .optional(),
  bounce: z
    .object({
      timestamp,
      bounceType: z.string(),
      bounceSubType: z.string().optional(),
      bouncedRecipients: z.array(Person),
    })
    .optional(),
  complaint: z
    .object({
      timestamp,
      complaintFeedbackType: z.string().nullish(),
      complainedRecipients: z.array(Person),
    })
    .optional(),
  reject: z.object({ reason: z.string().optional() }).optional(),
  open: z.object({ timestamp }).optional(),
  click: z.object({ timestamp, link: z.string().optional() }).optional(),
  subscription: z.object({ timestamp }).optional(),
});
type Event = z.infer<typeof Event>;

/** What happened to whom, when; nobody named: it is told of the message. */
type Told = { who: string | undefined; at: string; what: What };

const SUPPRESSED = new Set(["Suppressed", "OnAccountSuppressionList", "UnsubscribedRecipient"]);

function bounceOf(type: string, subType: string, { status, diagnosticCode }: Person): What {
  const isHard = type === "Permanent";
  const response = diagnosticCode ?? `${type} ${subType}`.trim();
  if (SUPPRESSED.has(subType)) return suppressed(subType !== "UnsubscribedRecipient", response);
  return bounced({ isHard, response, status });
}

/** SES names nobody who opens or follows a link: it can only be the one there is. */
const onlyOne = ({ destination }: Mail) => (destination.length === 1 ? destination[0] : undefined);

function toldBy(event: Event): Told[] {
  const { mail, delivery, deliveryDelay, bounce, complaint, reject, open, click } = event;
  const { subscription } = event;
  const one = (at: string, what: What): Told[] => [{ who: onlyOne(mail), at, what }];
  switch (event.eventType ?? event.notificationType) {
    case "Delivery":
      return (delivery?.recipients ?? []).map((who) => {
        const response = delivery?.smtpResponse && words(delivery.smtpResponse);
        const what = { type: "confirmed", ...given({ response }) } as const;
        return { who, at: delivery?.timestamp ?? "", what };
      });
    case "DeliveryDelay":
      return (deliveryDelay?.delayedRecipients ?? []).map((person) => {
        const response = words(person.diagnosticCode ?? deliveryDelay?.delayType);
        const at = deliveryDelay?.timestamp ?? "";
        return { who: person.emailAddress, at, what: { type: "deferred", response } };
      });
    case "Bounce":
      return (bounce?.bouncedRecipients ?? []).map((person) => {
        const what = bounceOf(bounce?.bounceType ?? "", bounce?.bounceSubType ?? "", person);
        return { who: person.emailAddress, at: bounce?.timestamp ?? "", what };
      });
    case "Complaint":
      return (complaint?.complainedRecipients ?? []).map(({ emailAddress: who }) => {
        const feedbackType = complaint?.complaintFeedbackType ?? undefined;
        const what = { type: "complained", ...given({ feedbackType }) } as const;
        return { who, at: complaint?.timestamp ?? "", what };
      });
    case "Reject":
      return mail.destination.map((who) => {
        const what = bounced({ isHard: false, response: reject?.reason, category: "content" });
        return { who, at: mail.timestamp, what };
      });
    case "Open":
      return one(open?.timestamp ?? "", { type: "opened", isMachine: false });
    case "Click":
      return one(click?.timestamp ?? "", {
        type: "clicked",
        url: link(click?.link ?? ""),
        isMachine: false,
      });
    case "Subscription":
      return one(subscription?.timestamp ?? "", { type: "unsubscribed" });
    case undefined:
    default:
      return [];
  }
}

function relayIdOf({ tags, headers }: Mail): string | undefined {
  const field = headers.find(({ name }) => name.toLowerCase() === "x-relay-id");
  return tags["relay_id"]?.[0] ?? field?.value;
}

/** What an event of SES tells, in the `Message` of an SNS notification whose id is that of the call. */
export function parseSes(message: unknown, callId: string): Reports | undefined {
  if (typeof message !== "object" || message === null) return [undefined];
  const { data: event } = Event.safeParse(message);
  const relayId = event && relayIdOf(event.mail);
  const told = event === undefined ? [] : toldBy(event);
  if (relayId === undefined || told.length === 0) return [undefined];
  return told.map(({ who: recipient, at, what }) => {
    const time = timeOf(at);
    return time === undefined ? undefined : { relayId, recipient, at: time, eventId: callId, what };
  });
}
