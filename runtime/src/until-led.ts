import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import { StartError } from "./start-error.ts";

/** A cluster that begins does not know all of its servers yet. */
const TOO_FEW_PEERS = 10005;

/** Milliseconds in which a cluster must have a leader, for itself, a stream or a consumer. */
const PATIENCE = 60_000;
const PAUSE = 250;

const isFinal = (error: unknown): boolean =>
  error instanceof StartError ||
  error instanceof errors.ClosedConnectionError ||
  (error instanceof JetStreamApiError && error.status < 500 && error.code !== TOO_FEW_PEERS);

/** Asks until somebody leads; what the server refuses outright is refused at once, and all on a closed connection. */
export async function untilLed<T>(
  ask: () => Promise<T>,
  deadline = Date.now() + PATIENCE,
): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (isFinal(error) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}
