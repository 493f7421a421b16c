import { type HttpReply, oneLine } from "@waybill/runtime/outbound";
import type { Category, OutcomeClass } from "@waybill/schemas";
import { jsonFields } from "../http/json-fields.ts";
import { byStatus, type Verdict, wordsOf } from "../http/outcomes.ts";
import { retryAfterMs } from "../http/retry-after.ts";

/** What SES said: the name of its error, and its words. */
type SesError = { type: string; message: string };

/** `explained`: words put before its own, for a person. */
type Meaning = {
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

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** The name comes as `Name`, `Name:http://...` in a header or `namespace#Name` in the body. */
function errorOf(reply: HttpReply): SesError {
  const members = jsonFields(reply);
  const name = reply.headers["x-amzn-errortype"] ?? textOf(members["__type"]);
  const type = name.replace(/^.*#/, "").replace(/:.*$/s, "").trim();
  return { type, message: textOf(members["message"]) || textOf(members["Message"]) };
}

function meaningOf({ type, message }: SesError): Meaning | undefined {
  return MEANINGS.find((one) => one.type.test(type) && (one.says?.test(message) ?? true));
}

/** Whose mail it is, and where it was handed over. */
type Sending = { senderDomain: string; region: string };

function wordsFor({ type, message }: SesError, meaning: Meaning, of: Sending): string {
  const isOfSender = meaning.category === "sender_auth_fail";
  const about = isOfSender ? `sender ${of.senderDomain} in ${of.region}` : meaning.explained;
  return oneLine([about ?? type, message].filter(Boolean).join(": "));
}

/** An error that the table does not name, by its status; a refusal that nobody explains is about the key. */
function unknown(reply: HttpReply): Verdict {
  const verdict = byStatus(reply);
  if (reply.status === 403) return { ...verdict, class: "auth", category: "auth_required" };
  return reply.status === 404 ? { ...verdict, class: "config" } : verdict;
}

function failed(reply: HttpReply, of: Sending): Verdict {
  const error = errorOf(reply);
  const meaning = meaningOf(error);
  if (meaning === undefined) return unknown(reply);
  const wait = retryAfterMs(reply.headers["retry-after"]) ?? meaning.retryAfterMs;
  return {
    class: meaning.class,
    category: meaning.category,
    code: reply.status,
    response: wordsFor(error, meaning, of) || wordsOf(reply),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  };
}

/** SES writes its own Message-ID; answers to the mail name that one. */
const finalId = (id: string, region: string): string =>
  `<${id}@${region === "us-east-1" ? "email" : region}.amazonses.com>`;

/** What a reply to SendEmail means; undefined for a success that is none of SES's. */
export function verdictOf(reply: HttpReply, of: Sending): Verdict | undefined {
  if (reply.status >= 400) return failed(reply, of);
  const id = jsonFields(reply)["MessageId"];
  if (reply.status !== 200 || typeof id !== "string" || id === "") return undefined;
  const response = `accepted; its Message-ID is now ${finalId(id, of.region)}`;
  return { class: "accepted", code: 200, response, providerMessageId: id };
}
