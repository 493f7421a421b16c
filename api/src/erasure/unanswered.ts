import {
  isFeedback,
  isWork,
  type MailEvent,
  type OutcomeEvent,
  recipientsOf,
  type WorkEvent,
} from "@waybill/schemas";

/** A work item, where it is in the log. */
type Item = { seq: number; attempt: number };

/** Whether an attempt is over for the recipients it tells of. */
const isOver = (event: OutcomeEvent): boolean => event.type !== "failed" || event.wentOn !== true;

/**
 * Work items of which the log does not tell, for some recipient, what came of them. An actor may hold one,
 * or have found in the log that nothing was left to do.
 */
export class Unanswered {
  /** By message, then by recipient. */
  readonly #items = new Map<string, Map<string, Item>>();

  take(seq: number, event: MailEvent): void {
    if (isWork(event)) this.#ask(seq, event);
    else if (!isFeedback(event) && isOver(event)) this.#answer(event);
  }

  /** Messages that have such an item behind a sequence. */
  after(seq: number): string[] {
    const messages = [...this.#items].filter(([, items]) =>
      items.values().some((item) => item.seq > seq),
    );
    return messages.map(([messageId]) => messageId);
  }

  #ask(seq: number, { messageId, attempt, envelope }: WorkEvent): void {
    const items = this.#items.get(messageId) ?? new Map<string, Item>();
    for (const recipient of envelope.recipients) items.set(recipient, { seq, attempt });
    this.#items.set(messageId, items);
  }

  #answer(event: OutcomeEvent): void {
    const items = this.#items.get(event.messageId);
    if (items === undefined) return;
    for (const recipient of recipientsOf(event))
      if ((items.get(recipient)?.attempt ?? Infinity) <= event.attempt) items.delete(recipient);
    if (items.size === 0) this.#items.delete(event.messageId);
  }
}
