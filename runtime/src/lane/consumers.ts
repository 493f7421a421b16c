import {
  AckPolicy,
  DeliverPolicy,
  JetStreamApiError,
  type ConsumerConfig,
  type ConsumerMessages,
  type JsMsg,
} from "@nats-io/jetstream";
import { errors, nanos, type Subscription } from "@nats-io/transport-node";
import { laneWork, tenantWork } from "@waybill/schemas";
import { consumerNames } from "../consumer-names.ts";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";
import { within } from "../within.ts";

/** Work items a tenant's mailbox holds; beyond that they stay in the log, behind a consumer of its own. */
export const MAILBOX = 256;

/** Milliseconds after which an item that nobody worked on, or acknowledged, is delivered again. */
const ACK_WAIT = 15_000;

/** A worker that falls silent loses its lanes after this many milliseconds. */
const PIN_TIMEOUT = 5000;

export const NO_SUCH_CONSUMER = 10014;

/** Pinned-client priority: one client at a time is served, the others stand by. */
const GROUP = "own";

const common = {
  ack_policy: AckPolicy.Explicit,
  ack_wait: nanos(ACK_WAIT),
  priority_groups: [GROUP],
  priority_policy: "pinned_client",
  priority_timeout: nanos(PIN_TIMEOUT),
} satisfies Partial<ConsumerConfig>;

export const laneConsumer = (lane: number): string => `lane-${lane}`;

const backlogPrefix = (lane: number): string => `backlog-${lane}-`;

export const backlogConsumer = (lane: number, tenant: string): string =>
  `${backlogPrefix(lane)}${tenant}`;

export async function ensureLaneConsumer({ jsm }: Nats, lane: number): Promise<void> {
  await jsm.consumers.add(STREAMS.mail, {
    ...common,
    durable_name: laneConsumer(lane),
    filter_subject: laneWork(lane),
    deliver_policy: DeliverPolicy.All,
    max_ack_pending: -1,
  });
}

/** A durable of that name begins elsewhere. */
const EXISTS_OTHERWISE = new Set([10013, 10148]);

/**
 * Makes a tenant's backlog consumer, unless it is there. One of that name that begins elsewhere was
 * drained and could not be removed then: it gives way.
 */
export async function ensureBacklogConsumer(
  nats: Nats,
  lane: number,
  tenant: string,
  from: number,
): Promise<void> {
  const name = backlogConsumer(lane, tenant);
  const add = () =>
    nats.jsm.consumers.add(STREAMS.mail, {
      ...common,
      durable_name: name,
      filter_subject: tenantWork(lane, tenant),
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: from,
      max_ack_pending: MAILBOX,
    });
  await add().catch(async (error: unknown) => {
    if (!(error instanceof JetStreamApiError) || !EXISTS_OTHERWISE.has(error.code)) throw error;
    await removeConsumer(nats, name);
    await add();
  });
}

/** The backlogs that a lane has on the server: what an owner before us left to be drained. */
export async function findBacklogs(
  nats: Nats,
  lane: number,
): Promise<{ tenant: string; from: number }[]> {
  const prefix = backlogPrefix(lane);
  const names = (await consumerNames(nats, STREAMS.mail)).filter((name) => name.startsWith(prefix));
  const found = await Promise.all(names.map((name) => startOf(nats, name)));
  return names.flatMap((name, at) => {
    const from = found[at];
    return from === undefined ? [] : [{ tenant: name.slice(prefix.length), from }];
  });
}

/** Where a backlog begins; undefined when it has ended meanwhile. */
async function startOf({ jsm }: Nats, name: string): Promise<number | undefined> {
  try {
    return (await jsm.consumers.info(STREAMS.mail, name)).config.opt_start_seq ?? 1;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NO_SUCH_CONSUMER) return undefined;
    throw error;
  }
}

export async function removeConsumer({ jsm }: Nats, name: string): Promise<void> {
  await jsm.consumers.delete(STREAMS.mail, name);
}

/** Follows a consumer; short heartbeats, because a stalled pull is only noticed by them. */
export async function follow(
  { js }: Nats,
  name: string,
  callback: (message: JsMsg) => void,
): Promise<ConsumerMessages> {
  const consumer = await js.consumers.get(STREAMS.mail, name);
  return consumer.consume({
    group: GROUP,
    max_messages: 500,
    expires: 2000,
    abort_on_missing_resource: true,
    idle_heartbeat: 1000,
    callback,
  });
}

/** Milliseconds for what is on its way to us when we stop following. */
const ON_ITS_WAY = 1000;

/**
 * Follows no more; what was on its way is still handed to the callback. The library's own end drops it,
 * and it would come to the next owner only after the time for its acknowledgement.
 */
export async function finish(messages: ConsumerMessages): Promise<void> {
  const { sub } = messages as { sub?: Pick<Subscription, "drain"> };
  if (sub !== undefined) await within(ON_ITS_WAY, sub.drain());
  await messages.close();
}

/** Hands a consumer over at once instead of after the pin's timeout. */
export async function unpin({ jsm }: Nats, name: string): Promise<void> {
  await jsm.consumers.unpin(STREAMS.mail, name, GROUP).catch((error: unknown) => {
    if (!(error instanceof JetStreamApiError)) throw error;
  });
}

/** Whether there is nothing to be removed, or nobody to ask any more. */
export const isGone = (error: unknown): boolean =>
  error instanceof errors.ClosedConnectionError ||
  (error instanceof JetStreamApiError && error.code === NO_SUCH_CONSUMER);

/** What is left for a consumer to deliver, and to have acknowledged. */
export async function remaining(
  { jsm }: Nats,
  name: string,
): Promise<{ left: number; delivered: number }> {
  const info = await jsm.consumers.info(STREAMS.mail, name);
  return { left: info.num_pending + info.num_ack_pending, delivered: info.delivered.stream_seq };
}
