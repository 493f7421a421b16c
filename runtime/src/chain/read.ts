import type { ChainLink } from "@waybill/schemas";
import { chainSubject } from "@waybill/schemas";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";

/** A link with its sequence in CHAIN, and when it was kept. */
export type StoredLink = { seq: number; time: Date; link: ChainLink };

async function lastOn({ jsm }: Nats, subject: string): Promise<StoredLink | undefined> {
  const found = await jsm.direct.getMessage(STREAMS.chain, { last_by_subj: subject });
  if (found === null) return undefined;
  return { seq: found.seq, time: found.time, link: found.json<ChainLink>() };
}

/** The last link of a tenant's chain, if it has one. @throws when NATS does not answer */
export const lastLink = (nats: Nats, tenant: string): Promise<StoredLink | undefined> =>
  lastOn(nats, chainSubject(tenant));

/** Every event up to this sequence of MAIL is in a link. @throws when NATS does not answer */
export const sealedThrough = async (nats: Nats): Promise<number> =>
  (await lastOn(nats, chainSubject("*")))?.link.after ?? 0;
