import { type HttpReply, oneLine, type Verdict as AccountVerdict } from "@waybill/runtime/outbound";
import type { Category, OutcomeClass } from "@waybill/schemas";
import { jsonFields } from "./http/json-fields.ts";
import { type Verdict, wordsOf } from "./http/outcomes.ts";
import { retryAfterMs } from "./http/retry-after.ts";

/** What an error means; where several fit, the first. */
type Rule = {
  /** Any, when absent. */
  status?: number;
  /** Words in its message. */
  says?: RegExp;
  class: OutcomeClass;
  category: Category;
};

/** Mailgun, "API Response Codes" and the messages its users report; 420 is an older 429. */
const RULES: readonly Rule[] = [
  { says: /limit exceeded, try again after/i, class: "throttled", category: "rate_limit" },
  { status: 420, class: "throttled", category: "rate_limit" },
  { status: 429, class: "throttled", category: "rate_limit" },
  { status: 400, says: /is not allowed to send/i, class: "config", category: "sender_auth_fail" },
  {
    status: 400,
    says: /^'?to'? parameter is not a valid/i,
    class: "permanent_recipient",
    category: "invalid_recipient",
  },
  { status: 400, says: /too large|size/i, class: "permanent_message", category: "size" },
  { status: 400, class: "permanent_message", category: "content" },
  { status: 401, class: "auth", category: "auth_required" },
  { status: 402, class: "quota", category: "rate_limit" },
  { status: 403, says: /\b(?:IPs?|domain|batch)\b/i, class: "config", category: "policy" },
  { status: 403, class: "auth", category: "auth_required" },
  { status: 404, class: "config", category: "other" },
  { status: 405, class: "config", category: "other" },
  { status: 413, class: "permanent_message", category: "size" },
];

const textOf = (value: unknown): string => (typeof value === "string" ? oneLine(value) : "");

/** The wait that Mailgun names in the words of its message, as a date. */
const dateIn = (message: string): string | undefined =>
  /try again after (.+? (?:UTC|GMT))/i.exec(message)?.[1];

function accepted(reply: HttpReply): Verdict | undefined {
  const { id, message } = jsonFields(reply);
  const response = textOf(message);
  const providerMessageId = textOf(id).replace(/^<(.*)>$/, "$1");
  if (providerMessageId === "" || !response.startsWith("Queued")) return undefined;
  return { class: "accepted", code: reply.status, response, providerMessageId };
}

function refused(reply: HttpReply, message: string, rule: Rule): Verdict {
  const wait = retryAfterMs(dateIn(message) ?? reply.headers["retry-after"]);
  return {
    class: rule.class,
    category: rule.category,
    code: reply.status,
    response: message || wordsOf(reply),
    ...(wait && { retryAfterMs: wait }),
  };
}

/**
 * What Mailgun's reply to a message means. Every other address of its service answers 200 as well, so
 * only one that names the message and says that it is queued is a yes.
 */
export function judgeMailgun(reply: HttpReply): Verdict | undefined {
  const { status } = reply;
  if (status >= 200 && status < 300) return accepted(reply);
  const message = textOf(jsonFields(reply)["message"]);
  const rule = RULES.find(
    (one) => (one.status ?? status) === status && (one.says?.test(message) ?? true),
  );
  return rule && refused(reply, message, rule);
}

const GOOD: AccountVerdict = {
  success: true,
  message: "the service answers and accepts the secret",
};

/** What Mailgun's reply to a message without recipients says of the account. */
export function readAccount(reply: HttpReply): AccountVerdict | undefined {
  const message = textOf(jsonFields(reply)["message"]);
  if (reply.status === 400 && /\bmissing\b/i.test(message)) return GOOD;
  if (reply.status >= 300) return undefined;
  return { success: false, code: "protocol", message: "the base URL is not that of Mailgun" };
}
