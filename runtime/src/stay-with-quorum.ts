import type { StreamInfo } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { Nats } from "./nats.ts";
import { STREAMS } from "./streams.ts";

/** Milliseconds between two questions, and how many must fail one after another. */
const [EVERY, FAILED] = [1500, 3];

/** Milliseconds for which a leader may hear nothing of its replicas, which speak every second. */
const UNHEARD = 2500;

/**
 * Whether a stream is led, by a server that hears of one of its replicas. One that is cut off takes itself for the
 * leader for 10 s, and after that still answers, but names none.
 */
function isLed({ cluster }: StreamInfo): boolean {
  if (cluster?.leader === undefined) return false;
  const { replicas = [] } = cluster;
  return replicas.length === 0 || replicas.some(({ active }) => active < nanos(UNHEARD));
}

/**
 * Leaves a server of a cluster at which nobody leads the log. One that is cut off from the others, or stands still,
 * keeps its clients: they would be without the log while it goes on elsewhere (ADR 0009).
 */
export function stayWithQuorum({ nc, jsm }: Nats): () => void {
  let failed = 0;
  const look = async (): Promise<void> => {
    if (nc.info?.cluster === undefined) return;
    const isGood = await jsm.streams.info(STREAMS.mail).then(isLed, () => false);
    failed = isGood ? 0 : failed + 1;
    if (failed < FAILED) return;
    failed = 0;
    await nc.reconnect().catch(() => undefined);
  };
  const timer = setInterval(() => void look(), EVERY).unref();
  return () => clearInterval(timer);
}
