import type { EventType, FactEvent, MailEvent, OutcomeEvent, WorkEvent } from "./events.ts";
import type { FeedbackEvent } from "./feedback.ts";

const WORK: Record<EventType, boolean> = {
  accepted: true,
  due: true,
  requeued: true,
  delivered: false,
  failed: false,
  ambiguous: false,
  deadlettered: false,
  deferred: false,
  confirmed: false,
  bounced: false,
  complained: false,
  opened: false,
  clicked: false,
  unsubscribed: false,
  suppressed: false,
};

/** All event types, for filters and documentation. */
export const EVENT_TYPES = Object.keys(WORK) as EventType[];

/** Whether an event is something to act on. */
export const isWork = (event: MailEvent): event is WorkEvent => WORK[event.type];

/** Whether an event is what somebody outside told us afterwards. */
export const isFeedback = (event: MailEvent): event is FeedbackEvent => "origin" in event;

/** The recipients that a fact speaks of. */
export function recipientsOf(fact: FactEvent): string[] {
  if (isFeedback(fact)) return [fact.recipient];
  switch (fact.type) {
    case "deadlettered":
      return fact.recipients;
    case "suppressed":
      return fact.suppressions.map((one) => one.recipient);
    case "delivered":
    case "failed":
    case "ambiguous":
      return fact.outcomes.map((one) => one.recipient);
  }
}

const idOfOutcome = (fact: OutcomeEvent): string =>
  `${fact.messageId}:${fact.attempt}:${fact.type}:${recipientsOf(fact)[0] ?? ""}`;

const idOfDelivery = (fact: OutcomeEvent): string =>
  [idOfOutcome(fact), ...recipientsOf(fact).slice(1)].join();

const idOfWork = ({ messageId, attempt, type, envelope }: WorkEvent): string =>
  `${messageId}:${attempt}:${type}:${envelope.recipients[0] ?? ""}`;

function idOfFeedback({ messageId, type, recipient, origin }: FeedbackEvent): string {
  const from = origin.binding ?? origin.provider?.id ?? "";
  return `${messageId}:${type}:${origin.source}:${from}:${origin.eventId}:${recipient}`;
}

/**
 * The id under which the log keeps an event once (header `Nats-Msg-Id`): made of what the event is,
 * so that a repeated publish is one event and the first of two racing outcomes wins. Outcomes of one
 * attempt recorded apart speak of different recipients, hence the first of them is part of the id, and of
 * deliveries, which may be recorded apart in any way, all of them are; one that went on by another
 * provider speaks of the same ones, hence that provider is; and one that waits for a provider may do so
 * again, hence how often it did. Feedback is known by who tells it, the teller's id of it, and the
 * recipient, as one report may speak of several.
 */
export function dedupeId(event: MailEvent): string {
  if (isFeedback(event)) return idOfFeedback(event);
  switch (event.type) {
    case "accepted":
      return `${event.messageId}:accepted`;
    case "due": {
      const id = idOfWork(event);
      return event.waiting === undefined ? id : `${id}:${event.waiting.times}`;
    }
    case "requeued":
      return idOfWork(event);
    case "failed":
      return event.wentOn ? `${idOfOutcome(event)}:${event.provider.id}` : idOfOutcome(event);
    case "delivered":
      return idOfDelivery(event);
    case "ambiguous":
    case "deadlettered":
    case "suppressed":
      return idOfOutcome(event);
  }
}
