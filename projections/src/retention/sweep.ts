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
import { firstUlidOf, type Tenant } from "@waybill/schemas";
import { partDaysOf, startOfPart } from "../parts/bounds.ts";
import { dropParts } from "./drop-parts.ts";
import { sweepOutside } from "./outside.ts";
import { isSetBack } from "./set-back.ts";
import { forgetEvents, oldestOpen, viewsThrough, viewsUntil } from "./views.ts";

const DAY = 86_400_000;

/** Milliseconds that a mail may take to be received: its bytes are kept so much before it. */
const RECEIVING = DAY;

/** Milliseconds that a mail may take from its id to its acceptance, to be dropped with the others of its part. */
const SLACK = DAY / 24;

/** Milliseconds for which events and bodies are kept. */
type Ages = { events: number; bodies: number };

/** Since when events and bodies are kept, in milliseconds since 1970. */
type Since = { events: number; bodies: number };

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
  /** Milliseconds since 1970. */
  now: number;
  /** Ends it early. */
  signal?: AbortSignal;
};

const earlier = (one: number, other: number | undefined): number => Math.min(one, other ?? one);

/** Removes what is past its age of a tenant, or of all. @returns whether a mail that has not ended held it up */
async function sweepOf(
  o: SweepOptions,
  tenant: string | undefined,
  since: Since,
): Promise<boolean> {
  const { nats, pool } = o;
  // In this order: what ends or begins meanwhile is after it.
  const known = Math.min(await viewsThrough(pool, nats), o.sealed());
  const until = await viewsUntil(pool, nats);
  const open = await oldestOpen(pool, tenant);
  const before = new Date(since.events);
  const aged = await firstSince(nats, STREAMS.mail, before);
  const through = Math.min(earlier(aged, open?.seq), known + 1);
  const ids = firstUlidOf(since.events + RECEIVING);
  // What the views do not hold yet may be a mail that waits.
  const held = earlier(until, open?.acceptedAt.getTime()) - RECEIVING;
  await eachInTurn([
    async () => {
      await purgeEvents(nats, tenant, { until: through, before });
      await forgetEvents(pool, tenant, { until: through, ids });
    },
    async () => {
      if (open !== undefined && (await isSetBack(nats, open, held))) return;
      await purgeBodies(nats, tenant, new Date(Math.min(since.bodies, held)));
    },
  ]);
  if (open === undefined) return false;
  return open.seq < aged || open.acceptedAt.getTime() - RECEIVING < since.bodies;
}

/** Drops the parts whose mail was accepted before the operator's age, and has ended. */
async function sweepParts({ nats, pool, ages, sealed, now }: SweepOptions, events: number) {
  const known = Math.min(await viewsThrough(pool, nats), sealed());
  // Of a later one the views may lack mail, which would never be written to it.
  const whole = Math.max(0, (await viewsUntil(pool, nats)) - SLACK);
  const aged = await firstSince(nats, STREAMS.mail, new Date(now - ages.events));
  const ids = firstUlidOf(Math.min(events, whole));
  await dropParts(pool, { ids, until: Math.min(aged, known + 1) });
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
 * nothing from its acceptance on, of its tenant. The operator's age is counted in whole parts, which are
 * dropped: rows are deleted only where one of them has to stay. One pass for all, and one for each tenant
 * that wants fewer days, or that another one's mail has held up; then one over files and buckets, whose
 * bodies are looked at one by one. @throws when an engine does not answer
 */
export async function sweep(o: SweepOptions): Promise<void> {
  const { now } = o;
  const days = partDaysOf(o.ages.events / DAY);
  const all = {
    events: startOfPart(now - o.ages.events - SLACK, days),
    bodies: now - o.ages.bodies,
  };
  await eachInTurn([
    () => sweepParts(o, all.events),
    async () => sweepTenants(o, all, await sweepOf(o, undefined, all)),
    () => sweepOutside({ ...o, kept: bodiesKept(o) }),
  ]);
}

/** Those that want fewer days than the operator keeps; all of them when a mail of one has held up the others. */
async function sweepTenants(o: SweepOptions, all: Since, isHeldUp: boolean): Promise<void> {
  const { now } = o;
  for (const { id, eventsDays, bodiesDays } of o.directory.tenants()) {
    if (!isHeldUp && eventsDays === undefined && bodiesDays === undefined) continue;
    await sweepOf(o, id, sinceOf(o.ages, all, { now, eventsDays, bodiesDays }));
  }
}

/** Takes each step, also after one that failed. @throws what failed first, in the end */
async function eachInTurn(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

type Wish = Pick<Tenant, "eventsDays" | "bodiesDays"> & { now: number };

const startOfDay = (time: number): number => Math.floor(time / DAY) * DAY;

/** A tenant's own, of fewer days only: from the start of a day on, as each purge of a tenant's reads a whole stream. */
function sinceOf(ages: Ages, all: Since, { now, eventsDays, bodiesDays }: Wish): Since {
  const fewer = (own: number | undefined, age: number, since: number) =>
    own !== undefined && own * DAY < age ? now - own * DAY : since;
  return {
    events: startOfDay(fewer(eventsDays, ages.events, all.events)),
    bodies: startOfDay(fewer(bodiesDays, ages.bodies, all.bodies)),
  };
}
