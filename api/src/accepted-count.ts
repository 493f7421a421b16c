import { LogUnavailable, STREAMS } from "@waybill/runtime";
import type { Deps } from "./deps.ts";

const ACCEPTED = "mail.work.*.*.accepted";
/** Milliseconds for which a count is good enough. */
const FRESH = 1000;

/**
 * Counts the messages accepted, of all tenants, as far back as the log is kept. Exact: the server
 * keeps a count for each subject, and those are as many as tenants. Asked once a second at most.
 * @throws LogUnavailable
 */
export function acceptedCounter({ nats, now }: Deps): () => Promise<number> {
  let counted: { at: number; count: Promise<number> } | undefined;
  const count = async () => {
    const { state } = await nats.jsm.streams
      .info(STREAMS.mail, { subjects_filter: ACCEPTED })
      .catch((cause: unknown) => {
        throw new LogUnavailable(cause);
      });
    return Object.values(state.subjects ?? {}).reduce((sum, messages) => sum + messages, 0);
  };
  return () => {
    const at = now().getTime();
    if (counted === undefined || at - counted.at >= FRESH) counted = { at, count: count() };
    return counted.count;
  };
}
