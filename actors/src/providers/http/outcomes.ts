import { type Answer, type HttpReply, oneLine } from "@waybill/runtime/outbound";
import type { Outcome } from "@waybill/schemas";
import { retryAfterMs } from "./retry-after.ts";

/** What a reply means, for a recipient. */
export type Verdict = Omit<Outcome, "recipient">;

/**
 * What a service's reply means, for all recipients alike or for each by its address; undefined where
 * its documentation says nothing of it.
 */
export type Judge = (reply: HttpReply) => Verdict | Map<string, Verdict> | undefined;

/** Statuses that say nothing but "not now" (RFC 9110, RFC 6585). */
const TRANSIENT = new Set([408, 425, 500, 502, 503, 504]);

/** The provider's words on one line, or its status where it has none. */
export const wordsOf = ({ status, text }: HttpReply): string =>
  oneLine(text) || `the service answered ${status} without a word`;

const isTransient = (status: number): boolean =>
  TRANSIENT.has(status) || (status >= 520 && status < 530);

/** What a status means where a service's documentation does not say. */
export function byStatus(reply: HttpReply): Verdict {
  const { status } = reply;
  const wait = retryAfterMs(reply.headers["retry-after"]);
  const said = { code: status, response: wordsOf(reply), ...(wait && { retryAfterMs: wait }) };
  if (status >= 300 && status < 400)
    return { ...said, class: "config", response: `the service answered ${status}, elsewhere` };
  if (status === 429) return { ...said, class: "throttled", category: "rate_limit" };
  if (isTransient(status)) return { ...said, class: "retry", category: "network" };
  if (status === 401) return { ...said, class: "auth", category: "auth_required" };
  if (status === 413) return { ...said, class: "permanent_message", category: "size" };
  if (status < 300)
    return { ...said, class: "ambiguous", response: "the reply is not the service's" };
  return { ...said, class: "retry", category: "other" };
}

function verdictOf(answer: Exclude<Answer, HttpReply>): Verdict {
  const { why: response } = answer;
  if (answer.kind === "lost")
    return { class: "ambiguous", category: "network", response: `no reply: ${response}` };
  return { class: answer.refused ? "config" : "retry", category: "network", response };
}

/** One outcome for each recipient of a request. A recipient that a map does not name is `ambiguous`. */
export function outcomesOf(answer: Answer, recipients: readonly string[], judge: Judge): Outcome[] {
  const judged = answer.kind === "reply" ? (judge(answer) ?? byStatus(answer)) : verdictOf(answer);
  if (!(judged instanceof Map)) return recipients.map((recipient) => ({ recipient, ...judged }));
  const unnamed = { class: "ambiguous", response: "the reply does not name it" } as const;
  return recipients.map((recipient) => ({ recipient, ...(judged.get(recipient) ?? unnamed) }));
}
