import { isFeedback, recipientsOf, type Known, type WorkEvent } from "@waybill/schemas";

const timesWaited = (one: Known | WorkEvent): number =>
  one.type === "due" ? (one.waiting?.times ?? 0) : 0;

const ofAttempt = (messageId: string, attempt: number): string => `${messageId} ${attempt}`;

const ofWait = (messageId: string, attempt: number, times: number): string =>
  `${messageId} ${attempt} ${times}`;

const ofRecipient = (messageId: string, recipient: string): string => `${messageId}>${recipient}`;

/**
 * What a fact, or a timer, tells of the work items that came before it: who acts on one leaves, after it
 * in the log, a fact of its attempt, the timer of the next, or the timer of the same after one more wait.
 * What tells of a recipient's end tells it for every attempt.
 */
export function evidenceIn(known: Known): string[] {
  const { messageId } = known;
  if (known.type === "due") {
    const times = timesWaited(known);
    const before = ofAttempt(messageId, known.attempt - 1);
    return [times > 0 ? ofWait(messageId, known.attempt, times - 1) : before];
  }
  const ended = recipientsOf(known).map((one) => ofRecipient(messageId, one));
  if (isFeedback(known)) return ended;
  const attempt = ofAttempt(messageId, known.attempt);
  return known.type === "delivered" ? [attempt, ...ended] : [attempt];
}

/** Names what a work item asks for; an item that is in the log twice has one name. */
export const nameOf = (work: WorkEvent): string =>
  ofWait(work.messageId, work.attempt, timesWaited(work));

/** What must be there, one or another, if anybody acted on a work item, or told of its recipients' end. */
export const evidenceOf = (work: WorkEvent): string[] => [
  ofAttempt(work.messageId, work.attempt),
  nameOf(work),
  ...work.envelope.recipients.map((one) => ofRecipient(work.messageId, one)),
];
