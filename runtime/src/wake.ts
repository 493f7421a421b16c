import type { StoredMsg } from "@nats-io/jetstream";
import { laneOf, tenantTimers, workSubject, dedupeId, type RetryDue } from "@waybill/schemas";
import { isConflict } from "./control.ts";
import { directGet } from "./direct-get.ts";
import type { Nats } from "./nats.ts";
import { STREAMS } from "./streams.ts";

/** Timers on their way at once; the publishes are bounded for the whole process besides. */
const AT_ONCE = 64;

/** Timers read at once. */
const READ = 500;

/** Fires at once, whatever our clock says. */
const LONG_AGO = new Date("2000-01-01T00:00:00Z");

type Timer = { stored: StoredMsg; due: RetryDue };

/** Which timers are to fire now, of whose tenant. */
type Wanted = {
  tenant: string;
  isWanted: (due: RetryDue) => boolean;
  /** So many at most; all by default. */
  most?: number;
};

/** Has timers fire before their time; resolves with how many. */
export type Wake = (wanted: Wanted) => Promise<number>;

/**
 * Sets a timer to now, if it has not fired: it takes the place of the very one that was read, so that
 * either the old one fires or the new one does.
 */
async function setNow(nats: Nats, lanes: number, { stored, due }: Timer): Promise<boolean> {
  const { subject, seq } = stored;
  const target = workSubject(laneOf(due.tenant, lanes), due.tenant, due.type);
  const options = {
    msgID: `${dedupeId(due)}:timer:${seq}`,
    schedule: { specification: LONG_AGO, target },
    expect: { lastSubjectSequence: seq },
  };
  const publish = () => nats.js.publish(subject, JSON.stringify(due), options);
  try {
    await nats.inFlight(STREAMS.mail)(publish);
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

/** Asks the log, once or until it answers. */
type Ask = <T>(question: () => Promise<T>) => Promise<T>;

/**
 * The timers that are set now, in their order, without those that are set while they are read. Read
 * without a consumer: one that was told of timers that fire meanwhile would wait for them.
 */
export async function* timersOf(
  nats: Nats,
  subject: string,
  ask: Ask = (question) => question(),
): AsyncGenerator<StoredMsg> {
  const { last_seq: through } = (await ask(() => nats.jsm.streams.info(STREAMS.mail))).state;
  for (let from = 1; from <= through;) {
    const asked = { seq: from, next_by_subj: subject, batch: READ };
    const found = await ask(() => directGet(nats, STREAMS.mail, asked));
    yield* found.filter(({ seq }) => seq <= through);
    from = (found.at(-1)?.seq ?? through) + 1;
  }
}

/** @param lanes those of the log */
export function makeWake(nats: Nats, lanes: number): Wake {
  const setAll = async (timers: Timer[]): Promise<number> => {
    const set = await Promise.all(timers.map((one) => setNow(nats, lanes, one)));
    return set.filter(Boolean).length;
  };
  return async ({ tenant, isWanted, most = Infinity }) => {
    const found: Timer[] = [];
    let woken = 0;
    for await (const stored of timersOf(nats, tenantTimers(laneOf(tenant, lanes), tenant))) {
      const due = stored.json<RetryDue>();
      if (isWanted(due)) found.push({ stored, due });
      if (found.length < Math.min(AT_ONCE, most - woken)) continue;
      woken += await setAll(found.splice(0));
      if (woken >= most) return woken;
    }
    return woken + (await setAll(found));
  };
}
