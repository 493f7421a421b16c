import type { AttemptView, MailEvent, Outcome, OutcomeClass, Slug } from "@waybill/schemas";

/** An attempt, with whose it is, and what it tells of the provider. */
export type AttemptRow = AttemptView & { tenant: Slug; messageId: string; class: OutcomeClass };

/** The class that tells most of the provider: not what is a recipient's, or the message's, doing. */
function classOf(outcomes: readonly Outcome[]): OutcomeClass {
  const classes = outcomes.map((outcome) => outcome.class);
  return classes.find((one) => !one.startsWith("permanent_")) ?? classes[0] ?? "retry";
}

/** The attempt an event tells of, if it tells of one. Each answer is said once. */
export function attemptOf(event: MailEvent, seq: number): AttemptRow | undefined {
  if (!("outcomes" in event)) return undefined;
  const { tenant, messageId, attempt, provider, type, outcomes, durationMs, time } = event;
  const response = [...new Set(outcomes.map((outcome) => outcome.response))].join("\n");
  const recipients = outcomes.map((outcome) => outcome.recipient);
  const { id, kind } = provider;
  const what = { attempt, provider: id, kind, status: type, recipients, durationMs, response };
  return { tenant, messageId, seq, ...what, at: time, class: classOf(outcomes) };
}
