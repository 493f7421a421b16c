import { type ConsumerInfo, JetStreamApiError } from "@nats-io/jetstream";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";
import { backlogConsumer, laneConsumer, NO_SUCH_CONSUMER } from "./consumers.ts";

async function find({ jsm }: Nats, name: string): Promise<ConsumerInfo | undefined> {
  try {
    return await jsm.consumers.info(STREAMS.mail, name);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NO_SUCH_CONSUMER) return undefined;
    throw error;
  }
}

/** A backlog has nothing to do with what is before its first item. */
const reached = ({ ack_floor, config }: ConsumerInfo): number =>
  Math.max(ack_floor.stream_seq, (config.opt_start_seq ?? 1) - 1);

/**
 * The sequence up to which a tenant's work items are acknowledged, and so all that came of them is
 * durable; of a later one nothing is said. 0 when nobody has ever worked on the lane.
 */
export async function acknowledgedThrough(
  nats: Nats,
  lane: number,
  tenant: string,
): Promise<number> {
  // In this order: the lane acknowledges unread what a backlog has, once that is there.
  const own = await find(nats, laneConsumer(lane));
  const backlog = await find(nats, backlogConsumer(lane, tenant));
  return Math.min(own ? reached(own) : 0, backlog ? reached(backlog) : Infinity);
}
