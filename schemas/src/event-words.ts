import type { EventType, FactEvent, MailEvent, WorkEvent } from "./events.ts";

const WORK: Record<EventType, boolean> = {
  accepted: true,
  due: true,
  requeued: true,
  delivered: false,
  failed: false,
  ambiguous: false,
  deadlettered: false,
};

/** All event types, for filters and documentation. */
export const EVENT_TYPES = Object.keys(WORK) as EventType[];

/** Whether an event is something to act on. */
export const isWork = (event: MailEvent): event is WorkEvent => WORK[event.type];

/** The recipients that an event of an attempt, or of its end, speaks of. */
export const recipientsOf = (fact: FactEvent): string[] =>
  fact.type === "deadlettered" ? fact.recipients : fact.outcomes.map((one) => one.recipient);

const idOfFact = (fact: FactEvent): string =>
  `${fact.messageId}:${fact.attempt}:${fact.type}:${recipientsOf(fact)[0] ?? ""}`;

const idOfWork = ({ messageId, attempt, type, envelope }: WorkEvent): string =>
  `${messageId}:${attempt}:${type}:${envelope.recipients[0] ?? ""}`;

/**
 * The id under which the log keeps an event once (header `Nats-Msg-Id`): made of what the event is,
 * so that a repeated publish is one event and the first of two racing outcomes wins. Outcomes of one
 * attempt recorded apart speak of different recipients, hence the first of them is part of the id; one
 * that went on by another provider speaks of the same ones, hence that provider is; and one that waits
 * for a provider may do so again, hence how often it did.
 */
export function dedupeId(event: MailEvent): string {
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
      return event.wentOn ? `${idOfFact(event)}:${event.provider.id}` : idOfFact(event);
    case "delivered":
    case "ambiguous":
    case "deadlettered":
      return idOfFact(event);
  }
}
