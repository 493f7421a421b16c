import type { StoredMsg } from "@nats-io/jetstream";
import { type ChainLink, chainSubject } from "@waybill/schemas";
import { lastOnLeader } from "../leader-reads.ts";
import { LogUnavailable } from "../log.ts";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";

/** A link with its sequence in CHAIN, and when it was kept. */
export type StoredLink = { seq: number; time: Date; link: ChainLink };

/** What was kept last on a subject of CHAIN, as its leader has it, or null. @throws LogUnavailable */
export const lastStored = (nats: Nats, subject: string): Promise<StoredMsg | null> =>
  lastOnLeader(nats, STREAMS.chain, subject).catch((cause: unknown) => {
    throw new LogUnavailable(cause);
  });

/** The last link of a tenant's chain, if it has one. @throws LogUnavailable */
export async function lastLink(nats: Nats, tenant: string): Promise<StoredLink | undefined> {
  const found = await lastStored(nats, chainSubject(tenant));
  if (found === null) return undefined;
  return { seq: found.seq, time: found.time, link: found.json<ChainLink>() };
}
