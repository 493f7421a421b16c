import { type Nats, STREAMS } from "@waybill/runtime";

/**
 * Milliseconds since 1970 by our clock or by that of the log, whichever is behind: one that went ahead alone
 * would make everything old. @throws when the log does not answer
 */
export async function cautiousNow({ jsm }: Nats, ours: () => number): Promise<number> {
  const { ts } = await jsm.streams.info(STREAMS.mail);
  return Math.min(ours(), ts === undefined ? Infinity : Date.parse(ts));
}
