import { z } from "zod";
import { SuppressionReason } from "./control/suppression.ts";
import { base } from "./event-base.ts";
import {
  DeliveryConfirmed,
  MailBounced,
  MailClicked,
  MailComplained,
  MailDeferred,
  MailOpened,
  RecipientUnsubscribed,
  type FeedbackEvent,
} from "./feedback.ts";
import { MessageId, Timestamp } from "./names.ts";
import { DeadReason, Outcome } from "./outcomes.ts";
import { RouteTaken, RoutingFacts } from "./routing/facts.ts";

const bytes = {
  /** Octets. */
  size: z.int(),
  /** SHA-256 of the bytes, hex. */
  sha256: z.string(),
};

/** Where the raw bytes of a message are, and what they must be: closed, by the store that keeps them. */
export const BodyRef = z.discriminatedUnion("store", [
  z.object({
    store: z.literal("jetstream"),
    /** Stream sequences of the chunks, in order. */
    chunks: z.array(z.int()),
    ...bytes,
    /** The chunk holds other bodies of the tenant beside this one, each sealed with a key of its own (ADR 0016). */
    shared: z
      .object({
        /** Octets before it in the chunk. */
        at: z.int(),
        /** Opens it, base64url. Erased with the event, which leaves the others as they are. */
        key: z.string(),
      })
      .optional(),
    /** The store that should have kept them, and could not. */
    fallback: z.enum(["fs", "s3"]).optional(),
  }),
  z.object({
    store: z.literal("fs"),
    /** Names the file, with the tenant. */
    id: MessageId,
    ...bytes,
  }),
  z.object({
    store: z.literal("s3"),
    bucket: z.string(),
    key: z.string(),
    ...bytes,
  }),
]);
export type BodyRef = z.infer<typeof BodyRef>;
export type BodyStoreName = BodyRef["store"];
/** A reference into one store. */
export type BodyRefOf<S extends BodyStoreName> = Extract<BodyRef, { store: S }>;

/** The envelope of RFC 5321: who is told, whatever the header says. An empty sender is the null sender. */
export const Envelope = z.object({
  from: z.string(),
  recipients: z.array(z.string()),
  /** SMTPUTF8 was asked for (RFC 6531). */
  utf8: z.boolean(),
});
export type Envelope = z.infer<typeof Envelope>;

/** Who handed the message in. */
export const Submission = z.object({
  /** `internal`: the relay itself, which writes a report to a sender. */
  protocol: z.enum(["smtp", "internal"]),
  /** Address of the client; empty for the relay itself. */
  address: z.string(),
  /** What it called itself in EHLO. */
  helo: z.string(),
  tls: z.boolean(),
  /** The credential it used; absent when a trusted network vouched for it. */
  credential: z.string().optional(),
});
export type Submission = z.infer<typeof Submission>;

/** What an actor needs to try a message again: carried by the event, so that nothing is looked up. */
const delivery = {
  ...base,
  /** 1 for the first attempt; goes on counting after an operator requeued the message. */
  attempt: z.int(),
  /** Position on the retry ladder, 0 for the first attempt. */
  rung: z.int(),
  envelope: Envelope,
  body: BodyRef,
  routing: RoutingFacts,
};

/** A message was kept, and its submitter told so. It is also the first work item. */
export const MessageAccepted = z.object({
  type: z.literal("accepted"),
  ...delivery,
  submission: Submission,
  header: z.object({
    from: z.string(),
    subject: z.string(),
    messageId: z.string(),
  }),
});
export type MessageAccepted = z.infer<typeof MessageAccepted>;

/**
 * The timer of a message fired: its open recipients are to be tried again, or for the first time when
 * nobody was there to carry them.
 */
export const RetryDue = z.object({
  type: z.literal("due"),
  ...delivery,
  /** Every provider of theirs was left alone, or the process stopped: nothing was sent, and the number stays. */
  waiting: z
    .object({
      /** How often they have waited for this attempt. */
      times: z.int(),
      /** Ids of the breakers that they wait for: the first that closes has them tried. */
      for: z.array(z.string()),
      /** Since when they wait for this attempt. */
      since: z.iso.datetime().optional(),
    })
    .optional(),
});
export type RetryDue = z.infer<typeof RetryDue>;

/** An operator asked for dead recipients to be tried again. */
export const MessageRequeued = z.object({
  type: z.literal("requeued"),
  ...delivery,
  by: z.string(),
  /** Address it was asked from, and why; `reason` is absent when nothing was said. */
  ip: z.string().optional(),
  reason: z.string().optional(),
});
export type MessageRequeued = z.infer<typeof MessageRequeued>;

const attempted = {
  ...base,
  attempt: z.int(),
  provider: z.object({ id: z.string(), kind: z.string() }),
  route: RouteTaken,
  durationMs: z.number(),
  outcomes: z.array(Outcome),
};

/** A provider took responsibility for these recipients. */
export const RecipientsDelivered = z.object({ type: z.literal("delivered"), ...attempted });
export type RecipientsDelivered = z.infer<typeof RecipientsDelivered>;

/**
 * An attempt that did not deliver to these recipients; with `retryAt` they are tried again then, with
 * `wentOn` they were tried by another provider at once.
 */
export const DeliveryFailed = z.object({
  type: z.literal("failed"),
  ...attempted,
  retryAt: Timestamp.optional(),
  /** Nothing was sent, and the same attempt went on with the next way there is. */
  wentOn: z.literal(true).optional(),
});
export type DeliveryFailed = z.infer<typeof DeliveryFailed>;

/** The bytes went out and no answer came: these recipients may have the message already. */
export const DeliveryAmbiguous = z.object({
  type: z.literal("ambiguous"),
  ...attempted,
  retryAt: Timestamp.optional(),
});
export type DeliveryAmbiguous = z.infer<typeof DeliveryAmbiguous>;

/** We gave up on these recipients, for this reason; only an operator's command tries them again. */
export const DeadLettered = z.object({
  type: z.literal("deadlettered"),
  ...base,
  attempt: z.int(),
  reason: DeadReason,
  recipients: z.array(z.string()),
  detail: z.string(),
  /** Of `rejected` and `no_route`: what the rules said. */
  route: RouteTaken.optional(),
});
export type DeadLettered = z.infer<typeof DeadLettered>;

/** Nothing was sent to these recipients, and no provider asked: the tenant's mail does not go to them. */
export const RecipientsSuppressed = z.object({
  type: z.literal("suppressed"),
  ...base,
  attempt: z.int(),
  suppressions: z.array(z.object({ recipient: z.string(), reason: SuppressionReason })),
});
export type RecipientsSuppressed = z.infer<typeof RecipientsSuppressed>;

/** Every event of the MAIL stream, closed. */
export const MailEvent = z.discriminatedUnion("type", [
  MessageAccepted,
  RetryDue,
  MessageRequeued,
  RecipientsDelivered,
  DeliveryFailed,
  DeliveryAmbiguous,
  DeadLettered,
  MailDeferred,
  DeliveryConfirmed,
  MailBounced,
  MailComplained,
  MailOpened,
  MailClicked,
  RecipientUnsubscribed,
  RecipientsSuppressed,
]);
export type MailEvent = z.infer<typeof MailEvent>;
export type EventType = MailEvent["type"];

export type WorkEvent = MessageAccepted | RetryDue | MessageRequeued;
export type WorkType = WorkEvent["type"];
export type FactEvent = Exclude<MailEvent, WorkEvent>;
/** What became of a message in our own hands. */
export type OutcomeEvent = Exclude<FactEvent, FeedbackEvent>;
export type FactType = FactEvent["type"];

/** What the log may hold of a message whose work item comes again: its facts, and the attempts set for later. */
export type Known = FactEvent | RetryDue;
