import type { AttemptView, AuditEntry, RouteTaken } from "@waybill/schemas";
import type { TimelineEntry } from "./shapes/message.ts";

const WORDS: Record<string, string> = {
  accepted: "accepted and kept",
  due: "due for another attempt",
  requeued: "requeued by an operator",
  deadlettered: "given up: a dead letter",
  deferred: "put off by the receiving server",
  confirmed: "taken by the receiving server",
  bounced: "came back",
  complained: "called spam by a recipient",
  opened: "opened",
  clicked: "a link in it was followed",
  unsubscribed: "a recipient wants no more of it",
  suppressed: "not sent to recipients on the suppression list",
};

const people = (count: number) => (count === 1 ? "1 recipient" : `${count} recipients`);

const told = ({ attempt, status, recipients, provider, response }: AttemptView) =>
  `attempt ${attempt}: ${status} for ${people(recipients.length)} by ${provider}: ${response}`;

/** Why it went that way, in the words of its event. */
const why = (route: RouteTaken | null) => {
  if (route === null) return "";
  const to = route.redirectedTo === undefined ? "" : `, redirected to ${route.redirectedTo}`;
  return ` (${route.because}${to})`;
};

/** Which store failed, when one did. */
const where = (fallback: AuditEntry["fallback"]) =>
  fallback === null ? "" : ` in the log's own store, because ${fallback} failed`;

/** The steps of a message's life in words; what an attempt brought is told by the attempt. */
export function timelineOf(entries: AuditEntry[], attempts: AttemptView[]): TimelineEntry[] {
  const bySeq = new Map(attempts.map((attempt) => [attempt.seq, told(attempt)]));
  return entries.map(({ seq, type, time, route, fallback }) => {
    const text = `${bySeq.get(seq) ?? WORDS[type] ?? type}${why(route)}${where(fallback)}`;
    return { seq, type, time, text, ...(route && { route }) };
  });
}
