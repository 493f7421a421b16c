import type { LaneOptions } from "./desk.ts";
import { Lane } from "./lane.ts";

/** Milliseconds between two looks at what has been in hand for long. */
const CLAIM_EVERY = 3000;

/** Milliseconds a drain waits for messages in delivery. */
const DRAIN = 6000;

/** A worker of delivery lanes. */
export type LaneWorker = {
  drain(): Promise<void>;
  /** Items in hand that wait for their turn; what waits in the log is not among them. */
  waiting(): number;
};

/**
 * Works on the lanes `0 .. count-1`: hands every work item to `handle`, at most `concurrencyOf` of a
 * tenant at once, and acknowledges it when that resolves. Other workers on the same log stand by,
 * lane by lane, and take over when this one falls silent (5 s) or drains (at once).
 */
export async function workLanes(count: number, options: LaneOptions): Promise<LaneWorker> {
  const lanes = Array.from({ length: count }, (_, lane) => new Lane(lane, options));
  for (const lane of lanes) await lane.start();
  const claims = setInterval(() => {
    const now = Date.now();
    for (const lane of lanes) lane.claim(now);
  }, CLAIM_EVERY).unref();
  void recoverOnReconnect(lanes, options);
  return {
    waiting: () => lanes.reduce((sum, lane) => sum + lane.waiting, 0),
    drain: async () => {
      await Promise.race([
        Promise.all(lanes.map((lane) => lane.release())),
        new Promise((resolve) => setTimeout(resolve, DRAIN).unref()),
      ]);
      clearInterval(claims);
      await Promise.all(lanes.map((lane) => lane.unpin()));
    },
  };
}

async function recoverOnReconnect(lanes: readonly Lane[], { nats }: LaneOptions): Promise<void> {
  for await (const status of nats.nc.status()) {
    if (status.type === "reconnect") for (const lane of lanes) lane.recoverSoon();
  }
}
