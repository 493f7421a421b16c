import { type ChainLeaf, chainSubject, parseMailSubject, tenantEvents } from "@waybill/schemas";
import { ChainLink } from "@waybill/schemas/shapes";
import type { Nats } from "../nats.ts";
import { readStream, type Stored } from "../read-stream.ts";
import { removedOf } from "../retention/removals.ts";
import { STREAMS } from "../streams.ts";
import { type ChainReport, checkChain, type KeptLink } from "./check.ts";
import { erasedLeaves } from "./erased.ts";
import { lastStored } from "./read.ts";

/** A report with whose chain it is of. */
export type Verified = ChainReport & { tenant: string };

/** Where the streams ended, in this order: what is sealed is in links that were there, and those are of events that were. */
type Ends = { sealed: number; chain: number; mail: number; kept: number };

const linkIn = (data: Uint8Array): ChainLink | undefined => {
  try {
    return ChainLink.safeParse(JSON.parse(new TextDecoder().decode(data))).data;
  } catch {
    return undefined;
  }
};

async function endsOf(nats: Nats): Promise<Ends> {
  const { jsm } = nats;
  const last = await lastStored(nats, chainSubject("*"));
  const sealed = last === null ? 0 : (linkIn(last.data)?.after ?? 0);
  const chain = (await jsm.streams.info(STREAMS.chain)).state.last_seq;
  const { state, config } = await jsm.streams.info(STREAMS.mail);
  return { sealed, chain, mail: state.last_seq, kept: config.max_age / 1e6 };
}

async function* linksIn(stored: AsyncIterable<Stored>): AsyncGenerator<KeptLink> {
  for await (const { seq, data } of stored) yield { seq, link: linkIn(data) };
}

/** Milliseconds `kept`; 0: for ever. */
const isOlder = (kept: number, [, time]: ChainLeaf): boolean =>
  kept > 0 && time + kept <= Date.now();

async function verifyTenant(
  nats: Nats,
  tenant: string,
  ends: Ends & { head: string | undefined },
): Promise<Verified> {
  const ofChain = { stream: STREAMS.chain, filters: [chainSubject(tenant)], through: ends.chain };
  const ofMail = { stream: STREAMS.mail, filters: [tenantEvents(tenant)], through: ends.mail };
  const isRemoved = await removedOf(nats, tenant);
  const report = await checkChain({
    tenant,
    links: linksIn(readStream(nats, ofChain)),
    events: readStream(nats, ofMail),
    sealedThrough: ends.sealed,
    noted: ends.head,
    isPastKeeping: (leaf) => isOlder(ends.kept, leaf) || isRemoved(leaf),
    isRemovedByNow: async (leaf) => (await removedOf(nats, tenant))(leaf),
    erasedLeaf: erasedLeaves(nats, tenant),
  });
  return { tenant, ...report };
}

async function subjectsOf({ jsm }: Nats, stream: string, filter: string): Promise<string[]> {
  const { state } = await jsm.streams.info(stream, { subjects_filter: filter });
  return Object.keys(state.subjects ?? {});
}

async function tenantsIn(nats: Nats): Promise<string[]> {
  const events = await subjectsOf(nats, STREAMS.mail, tenantEvents("*"));
  const chains = await subjectsOf(nats, STREAMS.chain, chainSubject("*"));
  const tenants = [
    ...events.map((subject) => parseMailSubject(subject).tenant),
    ...chains.map((subject) => subject.slice(chainSubject("").length)),
  ];
  return [...new Set(tenants)].toSorted();
}

/**
 * Holds the events in MAIL against the chain of their tenant, of one or of all tenants: reads nothing
 * but the log, changes nothing, and leaves the relay at work.
 * @param head a hash that was noted elsewhere: one of the links must have it. @throws when NATS does not answer
 */
export async function* verifyChains(
  nats: Nats,
  { tenant, head }: { tenant?: string | undefined; head?: string | undefined } = {},
): AsyncGenerator<Verified> {
  const ends = await endsOf(nats);
  const tenants = tenant === undefined ? await tenantsIn(nats) : [tenant];
  for (const one of tenants) yield await verifyTenant(nats, one, { ...ends, head });
}
