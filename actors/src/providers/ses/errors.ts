import type { Category, OutcomeClass } from "@waybill/schemas";

/** What SES said: the name of its error, and its words. */
export type SesError = { type: string; message: string };

/** `explained`: words put before its own, for a person. */
export type Meaning = {
  type: RegExp;
  says?: RegExp;
  class: OutcomeClass;
  category: Category;
  retryAfterMs?: number;
  explained?: string;
};

/** Milliseconds. The rate is per second, so a few are enough; the daily quota slides over 24 hours. */
const RATE_WAIT = 5_000;
const QUOTA_WAIT = 15 * 60_000;

const CLOCK = "the clock of this machine differs from Amazon's by more than 5 minutes";

/** SES's texts for an address it cannot read; the call is refused for all of its recipients. */
const BAD_ADDRESS =
  /illegal address|invalid domain name|missing final '@domain'|missing domain|(?:local address|domain) (?:contains|starts|ends)/i;

/** The first row that fits decides (SES API v2 reference, common errors, developer guide: errors). */
const MEANINGS: readonly Meaning[] = [
  {
    type: /^(?:TooManyRequests|Throttling|LimitExceeded|MessageRejected)/,
    says: /daily message quota/i,
    class: "quota",
    category: "rate_limit",
    retryAfterMs: QUOTA_WAIT,
  },
  {
    type: /^(?:TooManyRequests|Throttling|RequestThrottled)/,
    class: "throttled",
    category: "rate_limit",
    retryAfterMs: RATE_WAIT,
  },
  { type: /^LimitExceeded/, class: "quota", category: "rate_limit", retryAfterMs: QUOTA_WAIT },
  {
    type: /^MessageRejected/,
    says: /not verified/i,
    class: "config",
    category: "sender_auth_fail",
  },
  { type: /^MessageRejected/, class: "permanent_message", category: "content" },
  {
    type: /^(?:BadRequest|InvalidParameterValue)/,
    says: BAD_ADDRESS,
    class: "permanent_recipient",
    category: "protocol",
  },
  {
    type: /^(?:BadRequest|InvalidParameterValue)/,
    says: /message length/i,
    class: "permanent_message",
    category: "size",
  },
  {
    type: /^(?:BadRequest|InvalidParameterValue)/,
    class: "permanent_message",
    category: "content",
  },
  { type: /^RequestEntityTooLarge/, class: "permanent_message", category: "size" },
  {
    type: /^(?:MailFromDomainNotVerified|FromEmailAddressNotVerified)/,
    class: "config",
    category: "sender_auth_fail",
  },
  {
    type: /^(?:NotFound|ConfigurationSetDoesNotExist|UnknownOperation)/,
    class: "config",
    category: "other",
  },
  {
    type: /^(?:AccountSuspended|SendingPaused|AccountSendingPaused|ConfigurationSetSendingPaused)/,
    class: "auth",
    category: "reputation_block",
  },
  {
    type: /^(?:InvalidSignature|SignatureDoesNotMatch)/,
    says: /signature (?:expired|not yet current)/i,
    class: "retry",
    category: "other",
    explained: CLOCK,
  },
  {
    type: /^Request(?:Expired|InTheFuture|TimeTooSkewed)/,
    class: "retry",
    category: "other",
    explained: CLOCK,
  },
  {
    type: /^(?:InvalidSignature|SignatureDoesNotMatch)/,
    says: /scoped to a valid region/i,
    class: "config",
    category: "other",
    explained: "the region is not that of the endpoint",
  },
  {
    type: /^(?:AccessDenied|NotAuthorized|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|ExpiredToken|OptInRequired)/,
    class: "auth",
    category: "auth_required",
  },
];

/** What an error of SES means; undefined where its documentation does not name it. */
export function meaningOf({ type, message }: SesError): Meaning | undefined {
  return MEANINGS.find((one) => one.type.test(type) && (one.says?.test(message) ?? true));
}
