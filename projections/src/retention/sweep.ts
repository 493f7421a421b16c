import {
  type Directory,
  firstSince,
  type KeptOutside,
  type Nats,
  purgeBodies,
  purgeEvents,
  STREAMS,
} from "@waybill/runtime";
import type { Pool } from "@waybill/runtime/postgres";
import { sweepOutside } from "./outside.ts";
import { forgetEvents, oldestOpen, viewsThrough } from "./views.ts";

const DAY = 86_400_000;

/** Milliseconds that a mail may take to be received: its bytes are kept so much before it. */
const RECEIVING = DAY;

/** Milliseconds for which events and bodies are kept. */
type Ages = { events: number; bodies: number };

export type SweepOptions = {
  nats: Nats;
  pool: Pool;
  directory: Pick<Directory, "tenants">;
  /** The operator's: nothing of any tenant is kept longer, but what has not ended. */
  ages: Ages;
  /** Every event up to this sequence is in the chain of its tenant. */
  sealed: () => number;
  /** Bodies in files and buckets. */
  outside: Pick<KeptOutside, "old">;
  now: () => number;
  /** Ends it early. */
  signal?: AbortSignal;
};

const earlier = (one: number, other: number | undefined): number => Math.min(one, other ?? one);

/** Removes what is past its age of a tenant, or of all. @returns whether a mail that has not ended held it up */
async function sweepOf(o: SweepOptions, tenant: string | undefined, ages: Ages): Promise<boolean> {
  const { nats, pool, now } = o;
  // In this order: what ends or begins meanwhile is after it.
  const known = Math.min(await viewsThrough(pool), o.sealed());
  const open = await oldestOpen(pool, tenant);
  const before = new Date(now() - ages.events);
  const aged = await firstSince(nats, STREAMS.mail, before);
  const until = Math.min(earlier(aged, open?.seq), known + 1);
  await purgeEvents(nats, tenant, { until, before });
  await forgetEvents(pool, tenant, until);
  const bodies = now() - ages.bodies;
  const held = open === undefined ? undefined : open.acceptedAt.getTime() - RECEIVING;
  await purgeBodies(nats, tenant, new Date(earlier(bodies, held)));
  return open !== undefined && (open.seq < aged || open.acceptedAt.getTime() - RECEIVING < bodies);
}

/** For how long the bodies of a tenant are kept, milliseconds. */
function bodiesKept({ directory, ages }: SweepOptions): (tenant: string) => number {
  const own = new Map<string, number>();
  for (const { id, bodiesDays } of directory.tenants())
    if (bodiesDays !== undefined) own.set(id, bodiesDays * DAY);
  return (tenant) => earlier(ages.bodies, own.get(tenant));
}

/**
 * Removes events, bodies and rows of views that are past their age, but for a mail that has not ended
 * nothing from its acceptance on, of its tenant. One pass for all, and one for each tenant that wants
 * fewer days, or that another one's mail has held up; then one over files and buckets, whose
 * bodies are looked at one by one. @throws when an engine does not answer
 */
export async function sweep(o: SweepOptions): Promise<void> {
  const isHeldUp = await sweepOf(o, undefined, o.ages);
  for (const { id, eventsDays, bodiesDays } of o.directory.tenants()) {
    if (!isHeldUp && eventsDays === undefined && bodiesDays === undefined) continue;
    const events = earlier(o.ages.events, eventsDays && eventsDays * DAY);
    const bodies = earlier(o.ages.bodies, bodiesDays && bodiesDays * DAY);
    await sweepOf(o, id, { events, bodies });
  }
  await sweepOutside({ ...o, kept: bodiesKept(o), now: o.now() });
}
