import type { MailEvent } from "../events.ts";
import type { Outcome } from "../outcomes.ts";
import { isFeedback } from "../event-words.ts";
import { redactFeedback } from "./redact-feedback.ts";
import { redactWork } from "./redact-work.ts";
import { type Erased, hidden, named, redactRoute, unquoted } from "./erased.ts";

/**
 * What is left of an event without the personal data of the erased: in the place of an address stands
 * its pseudonym, and what others said of it, or may quote it, is empty. The outcomes of others stay,
 * and so does what the events of a message add up to. An event that has none stays the same object.
 */
export function redact<E extends MailEvent>(event: E, erased: Erased): E {
  const left = redacted(event, erased);
  return JSON.stringify(left) === JSON.stringify(event) ? event : ({ ...left, erased: true } as E);
}

function redacted(event: MailEvent, erased: Erased): MailEvent {
  if (isFeedback(event)) return redactFeedback(event, erased);
  switch (event.type) {
    case "accepted":
    case "due":
    case "requeued":
      return redactWork(event, erased);
    case "delivered":
    case "failed":
    case "ambiguous": {
      const outcomes = event.outcomes.map((one) => redactOutcome(one, erased));
      return { ...event, outcomes, route: redactRoute(event.route, erased) };
    }
    case "deadlettered": {
      const { recipients, detail, route } = event;
      const isTheirs = recipients.some((one) => hidden(one, erased));
      return {
        ...event,
        recipients: recipients.map((one) => named(one, erased)),
        detail: isTheirs ? "" : unquoted(detail, erased),
        ...(route && { route: redactRoute(route, erased) }),
      };
    }
    case "suppressed": {
      const suppressions = event.suppressions.map(({ recipient, reason }) => ({
        recipient: named(recipient, erased),
        reason,
      }));
      return { ...event, suppressions };
    }
  }
}

function redactOutcome(outcome: Outcome, erased: Erased): Outcome {
  if (!hidden(outcome.recipient, erased))
    return { ...outcome, response: unquoted(outcome.response, erased) };
  const { providerMessageId: _, ...rest } = outcome;
  return { ...rest, recipient: named(outcome.recipient, erased), response: "" };
}
