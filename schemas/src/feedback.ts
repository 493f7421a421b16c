import { z } from "zod";
import { base } from "./event-base.ts";
import { Timestamp } from "./names.ts";
import { Category } from "./outcomes.ts";

/** Who told us, and under which id: the same report comes more than once, and in any order. */
export const FeedbackOrigin = z.object({
  /** A provider's webhook; a delivery status notification (RFC 3464); an abuse report (RFC 5965). */
  source: z.enum(["webhook", "dsn", "arf"]),
  /** Id of the binding it came in by: ids of events are unique within one. */
  binding: z.string().optional(),
  provider: z.object({ id: z.string(), kind: z.string() }).optional(),
  /** The teller's own id of what happened, or a digest where it has none: 1 to 200 of printable ASCII. */
  eventId: z.string(),
});
export type FeedbackOrigin = z.infer<typeof FeedbackOrigin>;

const told = {
  ...base,
  /** Of the envelope, as it is spelled there. */
  recipient: z.string(),
  /** When it happened, by who tells. */
  at: Timestamp,
  origin: FeedbackOrigin,
};

/** The mail came back after a provider had taken it. */
export const MailBounced = z.object({
  type: z.literal("bounced"),
  ...told,
  /** Nobody of that name, or never for this recipient; a soft one was for now, and is given up too. */
  isHard: z.boolean(),
  category: Category,
  /** The receiving server's words, or the teller's. */
  response: z.string(),
  /** The enhanced status code (RFC 3463), `5.1.1`. */
  enhanced: z.string().optional(),
});
export type MailBounced = z.infer<typeof MailBounced>;

/** The recipient called it spam. */
export const MailComplained = z.object({
  type: z.literal("complained"),
  ...told,
  /** `Feedback-Type` of RFC 5965, `abuse`. */
  feedbackType: z.string().optional(),
});
export type MailComplained = z.infer<typeof MailComplained>;

/** It was looked at; a machine does so without its recipient. */
export const MailOpened = z.object({
  type: z.literal("opened"),
  ...told,
  isMachine: z.boolean(),
});
export type MailOpened = z.infer<typeof MailOpened>;

/** A link in it was followed. */
export const MailClicked = z.object({
  type: z.literal("clicked"),
  ...told,
  url: z.string(),
  isMachine: z.boolean(),
});
export type MailClicked = z.infer<typeof MailClicked>;

/** The recipient wants no more of it. */
export const RecipientUnsubscribed = z.object({ type: z.literal("unsubscribed"), ...told });
export type RecipientUnsubscribed = z.infer<typeof RecipientUnsubscribed>;

/** The receiving server put the provider off, who goes on trying. */
export const MailDeferred = z.object({
  type: z.literal("deferred"),
  ...told,
  response: z.string(),
});
export type MailDeferred = z.infer<typeof MailDeferred>;

/** The receiving server took it. */
export const DeliveryConfirmed = z.object({
  type: z.literal("confirmed"),
  ...told,
  response: z.string().optional(),
});
export type DeliveryConfirmed = z.infer<typeof DeliveryConfirmed>;

/** What became of a mail after a provider had taken it, as somebody outside tells. */
export type FeedbackEvent =
  | MailDeferred
  | DeliveryConfirmed
  | MailBounced
  | MailComplained
  | MailOpened
  | MailClicked
  | RecipientUnsubscribed;
export type FeedbackType = FeedbackEvent["type"];
