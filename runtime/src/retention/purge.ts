import { STREAMS } from "../streams.ts";
import { forgetErased } from "../erasure/forget.ts";
import { firstSince } from "../first-since.ts";
import type { Nats } from "../nats.ts";
import { noteRemoval } from "./removals.ts";

const purge = async ({ jsm }: Nats, stream: string, filter: string, seq: number): Promise<number> =>
  seq <= 1 ? 0 : (await jsm.streams.purge(stream, { filter, seq })).purged;

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
  const purged = await purge(nats, STREAMS.mail, `mail.*.*.${tenant ?? "*"}.*`, until);
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
  return purge(nats, STREAMS.bodies, `body.*.${tenant ?? "*"}`, seq);
}
