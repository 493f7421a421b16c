import type { Nats } from "./nats.ts";
import { STREAMS } from "./streams.ts";

/** Milliseconds between two questions, and how many must go unanswered: longer together than an election takes. */
const [EVERY, UNANSWERED] = [3000, 4];

/**
 * Leaves a server of a cluster at which the log does not answer. One that is cut off from the others,
 * or stands still, keeps its clients: they would be without the log while it goes on elsewhere.
 */
export function stayWithQuorum({ nc, jsm }: Nats): () => void {
  let unanswered = 0;
  const look = async (): Promise<void> => {
    if (nc.info?.cluster === undefined) return;
    const answers = await jsm.streams.info(STREAMS.mail).then(
      () => true,
      () => false,
    );
    unanswered = answers ? 0 : unanswered + 1;
    if (unanswered < UNANSWERED) return;
    unanswered = 0;
    await nc.reconnect().catch(() => undefined);
  };
  const timer = setInterval(() => void look(), EVERY).unref();
  return () => clearInterval(timer);
}
