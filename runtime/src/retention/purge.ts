import { jetstreamManager } from "@nats-io/jetstream";
import { STREAMS } from "../streams.ts";
import { forgetErased } from "../erasure/forget.ts";
import { firstSince } from "../first-since.ts";
import { nextOnLeader } from "../leader-reads.ts";
import type { Nats } from "../nats.ts";
import { noteRemoval } from "./removals.ts";

/** Milliseconds for a purge: the server may read the whole stream for it. */
const PATIENCE = 30_000;

const firstOn = async (nats: Nats, stream: string, filter: string): Promise<number> =>
  (await nextOnLeader(nats, stream, filter, 1))?.seq ?? Infinity;

/** What is removed of a stream: what comes before a sequence, of the subjects of a filter, or of all. */
type Purged = { stream: string; filter: string; seq: number; isAll?: boolean };

/**
 * Removes nothing where nothing is to be removed: for a purge by a filter the server reads all of the stream, and
 * takes nothing new meanwhile. A purge of all that it has before a sequence drops files.
 */
async function purge(nats: Nats, { stream, filter, seq, isAll = false }: Purged): Promise<number> {
  if ((await firstOn(nats, stream, filter)) >= seq) return 0;
  const jsm = await jetstreamManager(nats.nc, { timeout: PATIENCE, checkAPI: false });
  return (await jsm.streams.purge(stream, isAll ? { seq } : { filter, seq })).purged;
}

/**
 * Removes the events before a sequence of a tenant, or of all, that the log kept before a moment, and
 * says so first, so that their chain stays whole. Timers stay. @returns how many that were
 */
export async function purgeEvents(
  nats: Nats,
  tenant: string | undefined,
  { until, before }: { until: number; before: Date },
): Promise<number> {
  if (until <= 1) return 0;
  await noteRemoval(nats, tenant, { until, before: before.getTime() });
  const filter = `mail.*.*.${tenant ?? "*"}.*`;
  const isAll = tenant === undefined && (await firstOn(nats, STREAMS.mail, "timer.>")) >= until;
  const purged = await purge(nats, { stream: STREAMS.mail, filter, seq: until, isAll });
  await forgetErased(nats, tenant, until);
  return purged;
}

/** Removes the bodies of a tenant, or of all, that the store kept before a moment. @returns how many chunks */
export async function purgeBodies(
  nats: Nats,
  tenant: string | undefined,
  before: Date,
): Promise<number> {
  const seq = await firstSince(nats, STREAMS.bodies, before);
  const filter = `body.*.${tenant ?? "*"}`;
  return purge(nats, { stream: STREAMS.bodies, filter, seq, isAll: tenant === undefined });
}
