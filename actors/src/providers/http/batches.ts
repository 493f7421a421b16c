import type { Outcome } from "@waybill/schemas";
import type { Tell } from "../provider.ts";

/** Sends to some recipients, and knows when it is one address that all of them were refused for. */
export type Batch = {
  send(to: readonly string[]): Promise<Outcome[]>;
  /** Most recipients of one request. */
  most: number;
  /** Whether a service that took none of them would take the others without one that it does not name. */
  isOfOneAddress(outcomes: readonly Outcome[]): boolean;
  /** Aborted, with an error that says why, when no batch is to be begun any more. */
  signal?: AbortSignal | undefined;
  tell?: Tell | undefined;
};

function slices(recipients: readonly string[], most: number): string[][] {
  const count = Math.ceil(recipients.length / most);
  return Array.from({ length: count }, (_, at) => recipients.slice(at * most, (at + 1) * most));
}

/** Those whose message could not be read any more when it was their turn: nothing was sent to them. */
const unread = (recipient: string): Outcome => ({
  recipient,
  class: "retry",
  category: "other",
  response: "the message could not be read",
});

/** Those whose turn did not come any more. */
const unbegun =
  ({ reason }: AbortSignal) =>
  (recipient: string): Outcome => ({
    recipient,
    class: "retry",
    category: "network",
    response: reason instanceof Error ? reason.message : "it was not begun",
  });

/**
 * Sends to any number of recipients by requests of one batch each, one after the other. A batch that is
 * refused for one of its addresses was sent to nobody, so its halves are asked instead, until the
 * address is alone. A batch that could not be made after others were sent leaves its recipients, and
 * those behind it, to be tried again; it is an error only when it was the first.
 */
export async function sendInBatches(
  recipients: readonly string[],
  batch: Batch,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = slices(recipients, batch.most);
  const { signal, tell } = batch;
  for (let to = waiting.shift(); to !== undefined; to = waiting.shift()) {
    if (signal?.aborted === true)
      return [...outcomes, ...[...to, ...waiting.flat()].map(unbegun(signal))];
    const some = await batch.send(to).catch((error: unknown) => {
      if (outcomes.length === 0) throw error;
      return [...to, ...waiting.splice(0).flat()].map(unread);
    });
    if (to.length === 1 || !batch.isOfOneAddress(some)) {
      outcomes.push(...some);
      tell?.(some);
    } else waiting.unshift(...slices(to, Math.ceil(to.length / 2)));
  }
  return outcomes;
}
