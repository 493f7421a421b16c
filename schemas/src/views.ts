import { z } from "zod";
import { MessageId, Slug, Timestamp } from "./names.ts";
import { DeadReason, OutcomeClass } from "./outcomes.ts";
import { RouteTaken } from "./routing/facts.ts";

/** `queued`: not tried yet; `deferred`: tried, will be tried again; `dead`: given up, with a reason. */
export const RecipientStatus = z.enum(["queued", "deferred", "delivered", "dead"]);
export type RecipientStatus = z.infer<typeof RecipientStatus>;

/** As for recipients; `partial`: every recipient has ended, some delivered and some dead. */
export const MessageStatus = z.enum(["queued", "deferred", "delivered", "partial", "dead"]);
export type MessageStatus = z.infer<typeof MessageStatus>;

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
