import { headers } from "@nats-io/transport-node";
import { LogUnavailable } from "./log.ts";
import type { Nats } from "./nats.ts";

/** Counts that all processes share, each of a key in a window of time. */
export interface LoginCounts {
  /**
   * Adds to a count, which begins at 0. It is forgotten an hour after its last change.
   * @param key a subject token. @param window the window's number.
   * @returns the exact total with it. @throws LogUnavailable
   */
  add(key: string, window: number, by: 1 | -1): Promise<number>;
}

/** How the server acknowledges a publish to a stream of counters (NATS ADR-49). */
type CounterAck = { val?: string };

/** The LOGINS stream: each subject holds one message, which is the total, and the server adds. */
export function makeLoginCounts({ js }: Nats): LoginCounts {
  return {
    async add(key, window, by) {
      const increment = headers();
      increment.set("Nats-Incr", String(by));
      try {
        const ack = await js.publish(`login.${key}.${window}`, "", { headers: increment });
        return Number((ack as CounterAck).val);
      } catch (error) {
        throw new LogUnavailable(error);
      }
    },
  };
}
