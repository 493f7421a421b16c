import { atMost } from "../at-most.ts";
import { spread, type Part } from "../spread/spread.ts";
import { within } from "../within.ts";
import type { LaneOptions, WorkerOptions } from "./desk.ts";
import { FiredLately } from "./fired-lately.ts";
import { Lane } from "./lane.ts";

/** Milliseconds between two looks at what has been in hand for long. */
const CLAIM_EVERY = 3000;

/**
 * Milliseconds of a drain: after so many, messages in delivery are cut short; after so many, they are left.
 * In between what was cut is recorded: a thousand in less than 3 s, on two busy cores. The process is killed at 8500.
 */
const DRAIN = { cut: 4000, most: 7000 };

/** Lanes that are started at once: each lists all consumers. */
const AT_ONCE = 8;

/** A worker of delivery lanes. */
export type LaneWorker = {
  /** Ends what is in hand. @param cut has what takes too long come to an end, and recorded as what it is */
  drain(cut?: () => void): Promise<void>;
  /** Items in hand that wait for their turn; what waits in the log is not among them. */
  waiting(): number;
  /** Lanes that are worked on here. */
  lanes(): number;
};

/**
 * Works on a share of the lanes `0 .. count-1`: hands every work item to `handle`, at most
 * `concurrencyOf` of a tenant at once, and acknowledges it when that resolves. All workers on the same
 * log share the lanes evenly; those of one that falls silent go to the others after 5 s, and those of
 * one that drains as soon as it has finished what it has in hand (ADR 0008).
 */
export async function workLanes(count: number, options: LaneOptions): Promise<LaneWorker> {
  const { nats, log, slots } = options;
  const lanes = new Set<Lane>();
  const starting = atMost(AT_ONCE);
  const shared = { ...options, lately: new FiredLately() };
  const take = (lane: number) => starting(() => takeLane(lane, lanes, shared));
  const claims = setInterval(() => {
    const now = performance.now();
    for (const lane of lanes) lane.claim(now);
  }, CLAIM_EVERY).unref();
  void recoverOnReconnect(lanes, options);
  const share = await spread({ nats, log, name: "lanes", count, take });
  const finished = async (): Promise<void> => {
    await share.leave();
    await Promise.all([...lanes].map((lane) => lane.finished()));
  };
  return {
    waiting: () => [...lanes].reduce((sum, lane) => sum + lane.waiting, 0),
    lanes: () => share.held(),
    drain: async (cut = () => undefined) => {
      const timer = setTimeout(cut, DRAIN.cut);
      await within(DRAIN.most, finished());
      clearTimeout(timer);
      clearInterval(claims);
      const left = slots.used;
      if (left > 0) log.warn({ left }, "deliveries left at the end: they may be made again");
    },
  };
}

/** Begins to work on a lane; it is among `lanes` for as long as something of it is in hand. */
async function takeLane(number: number, lanes: Set<Lane>, options: WorkerOptions): Promise<Part> {
  const lane = new Lane(number, options);
  await lane.start();
  lanes.add(lane);
  return {
    letGo: async () => {
      await lane.letGo();
      void lane.finished().then(() => lanes.delete(lane));
    },
    aloneAgain: () => lane.aloneAgain(),
  };
}

async function recoverOnReconnect(lanes: Iterable<Lane>, { nats }: LaneOptions): Promise<void> {
  for await (const status of nats.nc.status()) {
    if (status.type === "reconnect") for (const lane of lanes) lane.recoverSoon();
  }
}
