import { jetstreamManager, type StreamInfo } from "@nats-io/jetstream";
import { nanos, type NatsConnection } from "@nats-io/transport-node";
import { setTimeout as sleep } from "node:timers/promises";
import type { Nats } from "./nats.ts";
import { Stay } from "./stay.ts";
import { STREAMS } from "./streams.ts";

/** Milliseconds between two questions, and for an answer. */
const EVERY = 1500;

/** Milliseconds for which a leader may hear nothing of its replicas, which speak every second. */
const UNHEARD = 2500;

/** Milliseconds in which a connection ends, unless its server takes nothing of what is to be written first. */
const FLUSH = 500;

/**
 * Whether a stream is led, by a server that hears of one of its replicas. One that is cut off takes itself for the
 * leader for 10 s, and after that still answers, but names none.
 */
function isLed({ cluster }: StreamInfo): boolean {
  if (cluster?.leader === undefined) return false;
  const { replicas = [] } = cluster;
  return replicas.length === 0 || replicas.some(({ active }) => active < nanos(UNHEARD));
}

/** What the library's connection has, and does not say in its types. */
type Within = { protocol?: { transport?: { socket?: { destroy(): void } } } };

/** Goes to another server. The library writes out first what is to be written, for which a silent server lets it wait for ever. */
async function leave(nc: NatsConnection): Promise<void> {
  const { transport } = (nc as Within).protocol ?? {};
  await nc.reconnect().catch(() => undefined);
  await sleep(FLUSH, undefined, { ref: false });
  transport?.socket?.destroy();
}

/**
 * Leaves a server of a cluster at which nobody leads the log. One that is cut off from the others, or stands still,
 * keeps its clients: they would be without the log while it goes on elsewhere (ADR 0009).
 */
export async function stayWithQuorum({ nc }: Nats): Promise<() => void> {
  const { streams } = await jetstreamManager(nc, { timeout: EVERY, checkAPI: false });
  const stopped = new AbortController();
  const stay = new Stay();
  const look = async (): Promise<void> => {
    const server = nc.info?.server_id;
    const isGood = await streams.info(STREAMS.mail).then(isLed, () => false);
    if (server === nc.info?.server_id && stay.judge(server, isGood)) await leave(nc);
  };
  const keepLooking = async (): Promise<void> => {
    while (!stopped.signal.aborted && !nc.isClosed()) {
      const pause = sleep(EVERY, undefined, { ref: false });
      if (nc.info?.cluster !== undefined) await look();
      await pause;
    }
  };
  void keepLooking();
  return () => stopped.abort();
}
