import { encodeToken } from "@waybill/schemas";
import { bySequence } from "./leader-reads.ts";
import { LogUnavailable, publishAcked } from "./log.ts";
import type { Nats } from "./nats.ts";
import { shortId } from "./short-id.ts";
import { STREAMS } from "./streams.ts";

/** Whether a call came before under its id, and whether it said the same then. */
export type Seen = "first" | "repeated" | "altered";

/** The calls of webhooks that came in the last hours, for all processes together. */
export interface HookCalls {
  /**
   * Keeps that a call came, by an id that its sender signed and the digest of what it says. Of the
   * same id at once one is `first`. @throws LogUnavailable
   */
  claim(hook: string, id: string, digest: string): Promise<Seen>;
}

/** The stream HOOKS, whose window of duplicates is as long as calls may be repeated. */
export function makeHookCalls(nats: Nats): HookCalls {
  const said = async (seq: number): Promise<string | undefined> =>
    (await bySequence(nats, STREAMS.hooks, seq))?.string();
  return {
    claim: async (hook, id, digest) => {
      const { seq, duplicate } = await publishAcked(nats, {
        stream: STREAMS.hooks,
        subject: `hook.${encodeToken(hook)}`,
        payload: digest,
        options: { msgID: shortId(`${hook}:${id}`) },
      });
      if (!duplicate) return "first";
      const before = await said(seq).catch((error: unknown) => {
        throw new LogUnavailable(error);
      });
      return before === undefined || before === digest ? "repeated" : "altered";
    },
  };
}
