import type { BodyRefOf } from "@waybill/schemas";
import type { Logger } from "../logger.ts";
import { BodyNotKept, type BodyKeeper, type BodyOwner } from "./store.ts";

/** Milliseconds for which a store that failed is not asked again: a mail is to wait for it once, not every mail. */
const REST = 5000;

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
  let fallbacks = 0;
  const { store } = primary;
  const instead = async (owner: BodyOwner, source: AsyncIterable<Uint8Array>): Promise<Kept> => {
    const ref = await second.write(owner, source);
    fallbacks += 1;
    return { ...ref, fallback: store };
  };
  return async (owner: BodyOwner, source: AsyncIterable<Uint8Array>): Promise<Kept> => {
    if (now() < restUntil) return instead(owner, source);
    try {
      return await primary.write(owner, source);
    } catch (error) {
      if (!(error instanceof BodyNotKept)) throw error;
      restUntil = now() + REST;
      log.warn(
        { store, fallbacks, err: error.cause },
        "body store failed; bodies go to the log's own store",
      );
      return instead(owner, error.again);
    }
  };
}
