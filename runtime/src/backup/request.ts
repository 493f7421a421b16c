import { setTimeout as sleep } from "node:timers/promises";
import { type ApiError, JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import type { Nats } from "../nats.ts";
import { StartError } from "../start-error.ts";
import { untilLed } from "../until-led.ts";

/** Milliseconds in which a server answers that has not died. */
const PATIENCE = 60_000;

async function ask<T>(
  { nc }: Nats,
  subject: string,
  asked: object | Uint8Array,
  timeout = PATIENCE,
): Promise<T> {
  const payload = asked instanceof Uint8Array ? asked : JSON.stringify(asked);
  const answer = await nc.request(subject, payload, { timeout });
  if (answer.data.length === 0) return {} as T;
  const { error, ...rest } = answer.json<{ error?: ApiError }>();
  if (error !== undefined) throw new JetStreamApiError(error);
  return rest as T;
}

/** Milliseconds in which the servers of a cluster have told each other who listens to what, and between two tries. */
const [TOLD, PAUSE] = [10_000, 100];

/** Asks until somebody listens: what nobody heard did nothing. */
async function untilHeard<T>(question: () => Promise<T>): Promise<T> {
  const end = Date.now() + TOLD;
  for (;;) {
    try {
      return await question();
    } catch (error) {
      const isUnheard = error instanceof errors.RequestError && error.isNoResponders();
      if (!isUnheard || Date.now() > end) throw error;
      await sleep(PAUSE);
    }
  }
}

/**
 * Asks JetStream something that the client library has no method for.
 * @param timeout milliseconds for the answer, which never comes of a server that died. @throws StartError with the server's words
 */
export const requestJetStream = <T>(...question: Parameters<typeof ask>): Promise<T> =>
  untilHeard(() => ask<T>(...question)).catch(refused);

/** The same for a question that begins something: a cluster may have no leader yet, or not know all of its servers. */
export const beginInJetStream = <T>(...question: Parameters<typeof ask>): Promise<T> =>
  untilLed(() => ask<T>(...question)).catch(refused);

function refused(cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new StartError(`NATS refused: ${why}`, "see the log of the nats-server", { cause });
}
