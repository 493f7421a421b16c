import type { Nats } from "../nats.ts";
import { StartError } from "../start-error.ts";

/** Milliseconds in which a server answers that has not died. */
const PATIENCE = 60_000;

/**
 * Asks JetStream something that the client library has no method for.
 * @param timeout milliseconds for the answer, which never comes of a server that died. @throws StartError with the server's words
 */
export async function requestJetStream<T>(
  { nc }: Nats,
  subject: string,
  asked: object | Uint8Array,
  timeout = PATIENCE,
): Promise<T> {
  const payload = asked instanceof Uint8Array ? asked : JSON.stringify(asked);
  const answer = await nc.request(subject, payload, { timeout }).catch(refused);
  if (answer.data.length === 0) return {} as T;
  const { error, ...rest } = answer.json<{ error?: { description: string } }>();
  if (error !== undefined) return refused(new Error(error.description));
  return rest as T;
}

function refused(cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new StartError(`NATS refused: ${why}`, "see the log of the nats-server", { cause });
}
