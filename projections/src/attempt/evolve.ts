import type { AttemptView, MailEvent, Slug } from "@waybill/schemas";

/** An attempt, with whose it is. */
export type AttemptRow = AttemptView & { tenant: Slug; messageId: string };

/** The attempt an event tells of, if it tells of one. Each answer is said once. */
export function attemptOf(event: MailEvent, seq: number): AttemptRow | undefined {
  switch (event.type) {
    case "delivered":
    case "failed":
    case "ambiguous": {
      const { tenant, messageId, attempt, provider, type, outcomes, durationMs, time } = event;
      const response = [...new Set(outcomes.map((outcome) => outcome.response))].join("\n");
      const recipients = outcomes.map((outcome) => outcome.recipient);
      const { id, kind } = provider;
      const what = { attempt, provider: id, kind, status: type, recipients, durationMs, response };
      return { tenant, messageId, seq, ...what, at: time };
    }
    case "accepted":
    case "due":
    case "requeued":
    case "deadlettered":
      return undefined;
  }
}
