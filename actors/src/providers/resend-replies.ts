import { type HttpReply, oneLine, type Verdict as AccountVerdict } from "@waybill/runtime/outbound";
import type { Category, OutcomeClass } from "@waybill/schemas";
import { jsonFields } from "./http/json-fields.ts";
import { type Verdict, wordsOf } from "./http/outcomes.ts";
import { retryAfterMs } from "./http/retry-after.ts";

/** What an error means; where several fit, the first. What is absent is not looked at. */
type Rule = {
  name: string;
  status?: number;
  /** Words in its message. */
  says?: RegExp;
  class: OutcomeClass;
  category: Category;
};

/**
 * Resend, "Errors". A request with a key that is in use may be the one that sends the message, and one
 * with a key that had another payload follows one that did: neither may go by another provider.
 */
const RULES: readonly Rule[] = [
  { name: "rate_limit_exceeded", class: "throttled", category: "rate_limit" },
  { name: "daily_quota_exceeded", class: "quota", category: "rate_limit" },
  { name: "monthly_quota_exceeded", class: "quota", category: "rate_limit" },
  { name: "missing_api_key", class: "auth", category: "auth_required" },
  { name: "restricted_api_key", class: "auth", category: "auth_required" },
  { name: "invalid_api_key", class: "auth", category: "auth_required" },
  { name: "validation_error", status: 403, class: "config", category: "sender_auth_fail" },
  { name: "invalid_from_address", class: "config", category: "sender_auth_fail" },
  { name: "invalid_access", class: "config", category: "auth_required" },
  { name: "invalid_region", class: "config", category: "other" },
  { name: "not_found", class: "config", category: "other" },
  { name: "method_not_allowed", class: "config", category: "other" },
  {
    name: "validation_error",
    says: /^invalid `?(?:to|cc|bcc)`? field/i,
    class: "permanent_recipient",
    category: "invalid_recipient",
  },
  { name: "validation_error", status: 413, class: "permanent_message", category: "size" },
  { name: "validation_error", class: "permanent_message", category: "content" },
  { name: "missing_required_field", class: "permanent_message", category: "content" },
  { name: "invalid_parameter", class: "permanent_message", category: "content" },
  { name: "invalid_attachment", class: "permanent_message", category: "content" },
  { name: "invalid_idempotency_key", class: "permanent_message", category: "protocol" },
  { name: "invalid_idempotent_request", class: "permanent_message", category: "protocol" },
  { name: "concurrent_idempotent_requests", class: "ambiguous", category: "protocol" },
  { name: "security_error", class: "permanent_message", category: "policy" },
  { name: "application_error", class: "retry", category: "other" },
  { name: "internal_server_error", class: "retry", category: "other" },
];

const textOf = (value: unknown): string => (typeof value === "string" ? oneLine(value) : "");

function accepted(reply: HttpReply): Verdict | undefined {
  const id = textOf(jsonFields(reply)["id"]);
  if (id === "") return undefined;
  return { class: "accepted", code: reply.status, response: "accepted", providerMessageId: id };
}

function refused(reply: HttpReply, rule: Rule, message: string): Verdict {
  const { headers, status } = reply;
  const wait = retryAfterMs(headers["retry-after"] ?? headers["ratelimit-reset"]);
  return {
    class: rule.class,
    category: rule.category,
    code: status,
    response: message === "" ? wordsOf(reply) : `${rule.name}: ${message}`,
    ...(wait && { retryAfterMs: wait }),
  };
}

/** What Resend's reply to an email means, by the name of the error it tells. */
export function judgeResend(reply: HttpReply): Verdict | undefined {
  const { status } = reply;
  if (status >= 200 && status < 300) return accepted(reply);
  const { name, message } = jsonFields(reply);
  const words = textOf(message);
  const rule = RULES.find(
    (one) =>
      one.name === name && (one.status ?? status) === status && (one.says?.test(words) ?? true),
  );
  return rule && refused(reply, rule, words);
}

const GOOD: AccountVerdict = {
  success: true,
  message: "the service answers and accepts the secret",
};

/** What Resend's reply to an email of nothing says of the account: it looks at the key first. */
export const readAccount = (reply: HttpReply): AccountVerdict | undefined =>
  judgeResend(reply)?.category === "content" ? GOOD : undefined;
