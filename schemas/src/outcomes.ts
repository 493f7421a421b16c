import { z } from "zod";

/**
 * What a provider's answer means for one recipient, the same words for every provider.
 * `accepted` ends well; the `permanent_` ones end badly; the rest are tried again.
 */
export const OutcomeClass = z.enum([
  "accepted",
  "retry",
  "throttled",
  "quota",
  "permanent_recipient",
  "permanent_message",
  "auth",
  "config",
  "ambiguous",
]);
export type OutcomeClass = z.infer<typeof OutcomeClass>;

/** RFC 3463 classes and reply texts, sorted into what an operator can act on. */
export const Category = z.enum([
  "invalid_recipient",
  "inactive",
  "mailbox_full",
  "bad_domain",
  "routing",
  "network",
  "greylist",
  "rate_limit",
  "policy",
  "spam_content",
  "reputation_block",
  "auth_required",
  "sender_auth_fail",
  "size",
  "content",
  "protocol",
  "loop",
  "expired",
  "relay_denied",
  "other",
]);
export type Category = z.infer<typeof Category>;

/** What became of one recipient in one attempt. */
export const Outcome = z.object({
  recipient: z.string(),
  class: OutcomeClass,
  category: Category.optional(),
  /** The basic reply code of SMTP, or the status of HTTP. */
  code: z.int().optional(),
  /** The enhanced status code (RFC 3463), `5.1.1`. */
  enhanced: z.string().optional(),
  /** The provider's words, or ours where it had none. */
  response: z.string(),
  /** The provider's own id of the message, where it gave one. */
  providerMessageId: z.string().optional(),
  /** Milliseconds the provider asked us to wait. */
  retryAfterMs: z.number().optional(),
});
export type Outcome = z.infer<typeof Outcome>;

/** Why a message, or some of its recipients, will not be tried again unless an operator asks. */
export const DeadReason = z.enum([
  "refused",
  "retries_exhausted",
  "expired",
  "no_route",
  "rejected",
  "ambiguous",
  "storage_error",
  "tenant_deleted",
]);
export type DeadReason = z.infer<typeof DeadReason>;
