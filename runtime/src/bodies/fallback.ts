import type { BodyRefOf } from "@waybill/schemas";
import type { Logger } from "../logger.ts";
import { counter } from "../metrics/registry.ts";
import { BodyNotKept, type BodyKeeper, type BodyOwner } from "./store.ts";

/** Milliseconds for which a store that failed is not asked again: a mail is to wait for it once, not every mail. */
const REST = 5000;

const fallbacks = counter({
  name: "waybill_body_fallbacks_total",
  help: "Bodies that the log's own store kept, because the store that was to keep them failed.",
  labels: ["store"],
});

type Options = {
  primary: BodyKeeper<"fs"> | BodyKeeper<"s3">;
  /** Takes what the first one does not. */
  second: BodyKeeper<"jetstream">;
  log: Logger;
  now?: () => number;
};

type Kept = BodyRefOf<"fs" | "s3" | "jetstream">;

/** Writes to one store, and to another whatever that one does not take; the reference says so. */
export function withFallback({ primary, second, log, now = Date.now }: Options) {
  let restUntil = 0;
  const { store } = primary;
  fallbacks.inc({ store }, 0);
  const instead = async (owner: BodyOwner, source: AsyncIterable<Uint8Array>): Promise<Kept> => {
    const ref = await second.write(owner, source);
    fallbacks.inc({ store });
    return { ...ref, fallback: store };
  };
  return async (owner: BodyOwner, source: AsyncIterable<Uint8Array>): Promise<Kept> => {
    if (now() < restUntil) return instead(owner, source);
    try {
      return await primary.write(owner, source);
    } catch (error) {
      if (!(error instanceof BodyNotKept)) throw error;
      restUntil = now() + REST;
      log.warn({ store, err: error.cause }, "body store failed; bodies go to the log's own store");
      return instead(owner, error.again);
    }
  };
}
