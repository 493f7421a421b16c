import type { CountingSink } from "./counting-sink.ts";
import { submitLoad, submitOne, type Load } from "./load.ts";
import type { Peer } from "./peer.ts";

export type Round = {
  peer: string;
  /** 250s per second: from the first connection to the last 250. */
  acceptedPerSecond: number;
  /** Mails per second, end to end: from the first connection until the sink has all. */
  deliveredPerSecond: number;
  /** Milliseconds from when the sink has all until the peer tells that the last one is delivered. */
  toldAfterMs?: number;
};

const perSecond = (mails: number, milliseconds: number): number => (mails / milliseconds) * 1000;

/**
 * Sends a load through a peer to the sink, and one last mail behind it, whose id is known, to ask
 * the peer about.
 */
export async function runRound(peer: Peer, sink: CountingSink, load: Load): Promise<Round> {
  const { received } = await sink.counts();
  const begun = Date.now();
  await submitLoad(peer.port, load);
  const accepted = Date.now();
  const last = await submitOne(peer.port, load.size);
  const delivered = await sink.holds(received + load.mails + 1);
  await peer.tellsDelivered?.(last);
  return {
    peer: peer.name,
    acceptedPerSecond: perSecond(load.mails, accepted - begun),
    deliveredPerSecond: perSecond(load.mails + 1, delivered - begun),
    ...(peer.tellsDelivered && { toldAfterMs: Date.now() - delivered }),
  };
}
