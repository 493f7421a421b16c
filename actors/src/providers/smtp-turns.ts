import type { Outcome } from "@waybill/schemas";
import type { Tell } from "./provider.ts";

/**
 * Whether there were too many recipients before (RFC 3463, X.5.3); said in words where there is no enhanced
 * code, under 452, and 552 of old (RFC 5321, 4.5.3.1.10).
 */
const isTooMany = ({ code, enhanced = "", response }: Outcome): boolean =>
  enhanced === ""
    ? (code === 452 || code === 552) && /too many recipients/i.test(response)
    : /^[45]\.5\.3$/.test(enhanced);

/** Nothing was sent to a recipient, because the message could not be read. */
export const unread = (recipient: string): Outcome => ({
  recipient,
  class: "retry",
  category: "other",
  response: "the message could not be read",
});

/**
 * Sends to all recipients. Those for whom a server has no room beside others that it takes have another
 * transaction, until one takes nobody. What the server said of the others stays, whatever comes after it;
 * only an error of the first transaction is thrown.
 */
export async function inTurns(
  recipients: readonly string[],
  send: (to: readonly string[]) => Promise<Outcome[]>,
  tell?: Tell,
): Promise<Outcome[]> {
  const outcomes = await send(recipients);
  const left = outcomes.filter(isTooMany).map(({ recipient }) => recipient);
  if (left.length === 0 || !outcomes.some((one) => one.class === "accepted")) return outcomes;
  const ended = outcomes.filter((one) => !isTooMany(one));
  tell?.(ended);
  const others = await inTurns(left, send, tell).catch(() => left.map(unread));
  return [...ended, ...others];
}
