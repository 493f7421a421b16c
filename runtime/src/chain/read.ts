import type { StoredMsg } from "@nats-io/jetstream";
import { type ChainLink, chainSubject } from "@waybill/schemas";
import { LogUnavailable } from "../log.ts";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";

/** A link with its sequence in CHAIN, and when it was kept. */
export type StoredLink = { seq: number; time: Date; link: ChainLink };

/** What was kept last on a subject of CHAIN, or null. @throws LogUnavailable */
export const lastStored = ({ jsm }: Nats, subject: string): Promise<StoredMsg | null> =>
  jsm.direct.getMessage(STREAMS.chain, { last_by_subj: subject }).catch((cause: unknown) => {
    throw new LogUnavailable(cause);
  });

/** The last link of a tenant's chain, if it has one. @throws LogUnavailable */
export async function lastLink(nats: Nats, tenant: string): Promise<StoredLink | undefined> {
  const found = await lastStored(nats, chainSubject(tenant));
  if (found === null) return undefined;
  return { seq: found.seq, time: found.time, link: found.json<ChainLink>() };
}
