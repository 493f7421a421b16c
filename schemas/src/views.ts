import { z } from "zod";
import { MessageId, Slug, Timestamp } from "./names.ts";
import { Category, DeadReason, OutcomeClass } from "./outcomes.ts";
import { RouteTaken } from "./routing/facts.ts";

/**
 * `queued`: not tried yet; `deferred`: tried, will be tried again; `dead`: given up, with a reason;
 * `suppressed`: on the suppression list, so nothing was sent.
 */
const DeliveryStatus = z.enum(["queued", "deferred", "delivered", "dead", "suppressed"]);
export type DeliveryStatus = z.infer<typeof DeliveryStatus>;

/**
 * As our attempts and what was told afterwards have it, never back: `queued`, `deferred`, `delivered`,
 * then `bounced` or `complained`.
 */
export const RecipientStatus = z.enum([...DeliveryStatus.options, "bounced", "complained"]);
export type RecipientStatus = z.infer<typeof RecipientStatus>;

/**
 * As for recipients, when all are alike. `partial`: every recipient has ended, some well and some not;
 * `dead`: dead or suppressed; `bounced`: all ended badly, and some bounced; `complained`: all got it, and some complained.
 */
export const MessageStatus = z.enum([
  "queued",
  "deferred",
  "delivered",
  "partial",
  "dead",
  "bounced",
  "complained",
  "suppressed",
]);
export type MessageStatus = z.infer<typeof MessageStatus>;

const at = Timestamp;

/**
 * What was told of a recipient after a provider had taken the mail: of each kind one report, the same
 * whatever order they came in and however often.
 */
export const FeedbackView = z.object({
  /** What our own attempts came to. */
  delivery: DeliveryStatus,
  /** The last. */
  deferred: z.object({ at, response: z.string() }).optional(),
  /** The first. */
  confirmed: z.object({ at, response: z.string().optional() }).optional(),
  /** The first hard one, else the first soft one. */
  bounced: z
    .object({
      at,
      isHard: z.boolean(),
      category: Category,
      response: z.string(),
      enhanced: z.string().optional(),
    })
    .optional(),
  complained: z.object({ at, feedbackType: z.string().optional() }).optional(),
  /** The first by a person, else the first by a machine. */
  opened: z.object({ at, isMachine: z.boolean() }).optional(),
  clicked: z.object({ at, isMachine: z.boolean(), url: z.string() }).optional(),
  unsubscribed: z.object({ at }).optional(),
});
export type FeedbackView = z.infer<typeof FeedbackView>;

export const RecipientView = z.object({
  address: z.string(),
  status: RecipientStatus,
  /** Attempts that included this recipient. */
  attempts: z.int(),
  /** The last answer. */
  response: z.string().nullable(),
  class: OutcomeClass.nullable(),
  reason: DeadReason.nullable(),
  provider: z.string().nullable(),
  updatedAt: Timestamp,
  /** Null: nothing was told. */
  feedback: FeedbackView.nullable(),
});
export type RecipientView = z.infer<typeof RecipientView>;

export const MessageView = z.object({
  id: MessageId,
  tenant: Slug,
  status: MessageStatus,
  sender: z.string(),
  subject: z.string(),
  headerFrom: z.string(),
  headerMessageId: z.string(),
  size: z.int(),
  attempts: z.int(),
  acceptedAt: Timestamp,
  updatedAt: Timestamp,
  nextAttemptAt: Timestamp.nullable(),
  /** Credential, or null when a trusted network vouched for the client. */
  credential: z.string().nullable(),
  client: z.string(),
  traceId: z.string(),
  /** Stream sequence of its `accepted` event, and of the last event folded. */
  acceptedSeq: z.int(),
  lastSeq: z.int(),
  recipients: z.array(RecipientView),
});
export type MessageView = z.infer<typeof MessageView>;

export const AttemptView = z.object({
  seq: z.int(),
  attempt: z.int(),
  provider: z.string(),
  kind: z.string(),
  status: z.enum(["delivered", "failed", "ambiguous"]),
  recipients: z.array(z.string()),
  durationMs: z.number(),
  response: z.string(),
  at: Timestamp,
});
export type AttemptView = z.infer<typeof AttemptView>;

/** One line of the audit index: where in the log an event is. */
export const AuditEntry = z.object({
  seq: z.int(),
  type: z.string(),
  messageId: MessageId,
  tenant: Slug,
  time: Timestamp,
  /** Of an attempt, and of an end that routing decided on. */
  route: RouteTaken.nullable(),
  /** Of `accepted`: the store that should have kept the bytes; the log's own kept them instead. */
  fallback: z.enum(["fs", "s3"]).nullable(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

const State = z.record(z.string(), z.unknown()).nullable();

/** One change of the configuration: who did what to which entity, why, and from where. */
export const ActivityView = z.object({
  seq: z.int(),
  time: Timestamp,
  actor: z.string(),
  /** Null: the relay's own. */
  ip: z.string().nullable(),
  kind: z.string(),
  id: z.string(),
  action: z.enum(["made", "changed", "removed"]),
  reason: z.string(),
  /** As it was, and as it is now, without what is secret; null: it was not there. */
  before: State,
  after: State,
});
export type ActivityView = z.infer<typeof ActivityView>;
