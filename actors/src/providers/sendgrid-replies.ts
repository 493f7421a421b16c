import { type HttpReply, oneLine } from "@waybill/runtime/outbound";
import type { Category, OutcomeClass } from "@waybill/schemas";
import { jsonFields } from "./http/json-fields.ts";
import { type Judge, type Verdict, wordsOf } from "./http/outcomes.ts";
import { rateLimitResetMs } from "./http/rate-limit-reset.ts";
import { retryAfterMs } from "./http/retry-after.ts";
import { exceptNamed } from "./named-recipients.ts";

type SendgridError = { message: string; field: string };

/** What an error means; where several fit, the first. */
type Rule = { status: number; says?: RegExp; class: OutcomeClass; category: Category };

const CREDITS = /credits? exceeded|exceeded your messaging limits/i;
const SENDER = /sender identity|verified sender/i;

/** SendGrid, "Mail Send Errors" and "How to use v3 API Errors"; what is not here is judged by its status. */
const RULES: readonly Rule[] = [
  { status: 400, says: SENDER, class: "config", category: "sender_auth_fail" },
  { status: 400, class: "permanent_message", category: "content" },
  { status: 401, says: CREDITS, class: "quota", category: "rate_limit" },
  { status: 401, class: "auth", category: "auth_required" },
  {
    status: 403,
    says: /too many|temporar/i,
    class: "throttled",
    category: "rate_limit",
  },
  { status: 403, says: CREDITS, class: "quota", category: "rate_limit" },
  { status: 403, says: /access forbidden|scope/i, class: "auth", category: "auth_required" },
  { status: 403, says: SENDER, class: "config", category: "sender_auth_fail" },
  { status: 403, class: "config", category: "policy" },
  { status: 404, class: "config", category: "other" },
  { status: 405, class: "config", category: "other" },
  { status: 406, class: "config", category: "other" },
  { status: 413, class: "permanent_message", category: "size" },
  { status: 415, class: "config", category: "other" },
  { status: 429, class: "throttled", category: "rate_limit" },
];

const textOf = (value: unknown): string => (typeof value === "string" ? oneLine(value) : "");

function errorsIn(reply: HttpReply): SendgridError[] {
  const { errors } = jsonFields(reply);
  const list: unknown[] = Array.isArray(errors) ? errors : [];
  return list
    .map((one) => ({ message: undefined, field: undefined, ...(one as object) }))
    .map(({ message, field }) => ({ message: textOf(message), field: textOf(field) }));
}

function accepted({ status, headers }: HttpReply): Verdict | undefined {
  const id = oneLine(headers["x-message-id"] ?? "");
  if (status !== 202 || id === "") return undefined;
  return { class: "accepted", code: status, response: "202 Accepted", providerMessageId: id };
}

const waitIn = ({ headers }: HttpReply): number | undefined =>
  retryAfterMs(headers["retry-after"]) ?? rateLimitResetMs(headers["x-ratelimit-reset"]);

function refused(reply: HttpReply, response: string, rule: Rule): Verdict {
  const wait = waitIn(reply);
  return {
    class: rule.class,
    category: rule.category,
    code: reply.status,
    response: response || wordsOf(reply),
    ...(wait && { retryAfterMs: wait }),
  };
}

/** The address at a path such as `personalizations.0.to.1.email` of what was sent. */
function addressAt(sent: object, path: string): unknown {
  const steps = /^personalizations(?:\.\w+)*$/.test(path) ? path.split(".") : [];
  const at = steps.reduce<unknown>(
    (value, step) => (value as Record<string, unknown> | undefined)?.[step],
    sent,
  );
  return typeof at === "object" && at !== null ? (at as { email?: unknown }).email : at;
}

/**
 * What SendGrid's reply to a mail means. An address it cannot read lets it refuse the whole mail; the
 * error says by its place in the request which one that is.
 * @param sent the body of the request
 */
export function judgeSendgrid(sent: object, recipients: readonly string[]): Judge {
  return (reply) => {
    if (reply.status < 300) return accepted(reply);
    const errors = errorsIn(reply);
    const words = errors.map(({ message }) => message).join("; ");
    const rule = RULES.find(
      ({ status, says }) => status === reply.status && (says?.test(words) ?? true),
    );
    if (rule === undefined) return undefined;
    const verdict = refused(reply, words, rule);
    if (reply.status !== 400 || rule.class !== "permanent_message") return verdict;
    const named = new Set(errors.map(({ field }) => addressAt(sent, field)));
    const bad = {
      ...verdict,
      class: "permanent_recipient",
      category: "invalid_recipient",
    } as const;
    return exceptNamed(recipients, (one) => named.has(one), bad) ?? verdict;
  };
}
