import type { Socket } from "node:net";
import { callbackify } from "node:util";
import { type Outbound, plainHost } from "@waybill/runtime/outbound";
import type { SmtpSettings } from "@waybill/schemas";

/** What the pool takes: a connection, whether it is TLS already, and the name STARTTLS verifies. */
type Connected = { connection: Socket; secured: boolean; host: string };
type Done = (error: Error | null, connected: Connected) => void;

/**
 * The hook by which the pool gets its connections: each new one is judged, so that a name that
 * changes its answer later is judged again. It costs nothing per message.
 * @param timeout milliseconds for lookup, connection and implicit TLS
 */
export function guardedSocket(
  outbound: Outbound,
  { host, port, tls, verify }: SmtpSettings,
  timeout: number,
): (options: object, done: Done) => void {
  const secured = tls === "implicit";
  const destination = { host, port, ...(secured ? { tls: { verify } } : {}) };
  return callbackify(async (_options: object) => {
    const signal = AbortSignal.timeout(timeout);
    const connection = await outbound.connect({ ...destination, signal });
    return { connection, secured, host: plainHost(host) };
  });
}
