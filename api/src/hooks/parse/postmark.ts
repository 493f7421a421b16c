import { z } from "zod";
import { bounced, suppressed } from "../bounce.ts";
import { digestOf } from "../call.ts";
import { given, link, type Reports, timeOf, type What, words } from "../report.ts";

const Record = z.object({
  RecordType: z.string(),
  MessageID: z.string().optional(),
  Recipient: z.string().optional(),
  Email: z.string().optional(),
  ID: z.union([z.number(), z.string()]).optional(),
  Metadata: z.object({ relay_id: z.string() }),
  Type: z.string().optional(),
  Description: z.string().optional(),
  Details: z.string().optional(),
  OriginalLink: z.string().optional(),
  SuppressSending: z.boolean().optional(),
  SuppressionReason: z.string().nullish(),
  DeliveredAt: z.string().optional(),
  BouncedAt: z.string().optional(),
  ReceivedAt: z.string().optional(),
  ChangedAt: z.string().optional(),
});
type Record = z.infer<typeof Record>;

function bounceOf({ Type, Details, Description }: Record): What | undefined {
  const response = Details || Description;
  switch (Type) {
    case "HardBounce":
    case "BadEmailAddress":
      return bounced({ isHard: true, response });
    case "Blocked":
    case "DMARCPolicy":
      return bounced({ isHard: false, response, category: "policy" });
    case "SoftBounce":
    case "Undeliverable":
      return bounced({ isHard: false, response });
    case "Transient":
    case "DnsError":
      return { type: "deferred", response: words(response) };
    case "SpamNotification":
    case "SpamComplaint":
      return { type: "complained" };
    case "ManuallyDeactivated":
    case "Unconfirmed":
      return suppressed(false, response);
    case undefined:
    default:
      return undefined;
  }
}

function suppressionOf({ SuppressSending, SuppressionReason }: Record): What | undefined {
  if (SuppressSending !== true) return undefined;
  if (SuppressionReason === "SpamComplaint") return { type: "complained" };
  if (SuppressionReason === "HardBounce") return suppressed(true, SuppressionReason);
  return { type: "unsubscribed" };
}

function whatOf(record: Record): What | undefined {
  switch (record.RecordType) {
    case "Delivery":
      return { type: "confirmed", ...given({ response: record.Details && words(record.Details) }) };
    case "Bounce":
      return bounceOf(record);
    case "SpamComplaint":
      return { type: "complained" };
    case "Open":
      return { type: "opened", isMachine: false };
    case "Click":
      return { type: "clicked", url: link(record.OriginalLink ?? ""), isMachine: false };
    case "SubscriptionChange":
      return suppressionOf(record);
    default:
      return undefined;
  }
}

/** What Postmark tells: one record. It has no id of its own, so it is known by what it says. */
export function parsePostmark(body: unknown): Reports | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { data } = Record.safeParse(body);
  const what = data && whatOf(data);
  const time = data?.DeliveredAt ?? data?.BouncedAt ?? data?.ReceivedAt ?? data?.ChangedAt;
  const at = timeOf(time);
  if (data === undefined || what === undefined || at === undefined) return [undefined];
  const recipient = data.Recipient ?? data.Email;
  const { RecordType, MessageID, ID } = data;
  const eventId = digestOf(JSON.stringify([RecordType, MessageID, recipient, time, ID]));
  return [{ relayId: data.Metadata.relay_id, recipient, at, eventId, what }];
}
