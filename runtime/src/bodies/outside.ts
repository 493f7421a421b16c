import type { BodyRef } from "@waybill/schemas";
import type { Config } from "../config.ts";
import type { Nats } from "../nats.ts";
import { removeFiles } from "./fs.ts";
import { knownFolder } from "./known-folder.ts";
import { oldBodies, type OldBody } from "./old-bodies.ts";
import { bodyFolder, lazyBucket } from "./open.ts";
import { bodyName } from "./place.ts";
import { type BodyOwner, BodyUnavailable } from "./store.ts";

/** A body as a work item names it. */
type Named = BodyOwner & { body: BodyRef };

/** Bodies that are not in the log's own store, for those who clean up. */
export type KeptOutside = {
  /** What is kept since before a moment (milliseconds since 1970), a thousand or so at once. */
  old(before: number): AsyncIterable<OldBody[]>;
  /**
   * Removes bodies for good, and what a put that got no answer may have left of them; of those in the log
   * only the latter. Repeated it does nothing. @throws BodyUnavailable when their store does not answer
   */
  remove(bodies: readonly Named[]): Promise<void>;
};

/** Bodies in the folder and the bucket of the settings, whichever store new ones go to. */
export const keptOutside = (config: Config, nats: Nats): KeptOutside => ({
  old: (before) => oldBodies(config, before),
  async remove(bodies) {
    await removeFiles(knownFolder(nats, bodyFolder(config)), bodies.flatMap(fileOf));
    const objects = bodies.flatMap((one) => objectOf(config, one));
    for (const [bucket, of] of Map.groupBy(objects, (one) => one.bucket))
      await removeObjects(config, bucket, [...new Set(of.map(({ key }) => key))]);
  },
});

/** Where the file of a body may be. */
const fileOf = ({ tenant, messageId, body }: Named): BodyOwner[] => {
  if (body.store === "fs") return [{ tenant, messageId: body.id }];
  return fallbackOf(body) === "fs" ? [{ tenant, messageId }] : [];
};

/** Where the object of a body may be. */
function objectOf(config: Config, { body, ...owner }: Named): { bucket: string; key: string }[] {
  if (body.store === "s3") return [body];
  const { WAYBILL_S3_BUCKET: bucket, WAYBILL_S3_PREFIX: prefix } = config;
  if (fallbackOf(body) !== "s3" || bucket === undefined) return [];
  return [{ bucket, key: `${prefix}${bodyName(owner)}` }];
}

const fallbackOf = (body: BodyRef) => (body.store === "jetstream" ? body.fallback : undefined);

/** Keys of a request at most. */
const MOST = 1000;

async function removeObjects(config: Config, name: string, keys: string[]): Promise<void> {
  try {
    const bucket = await lazyBucket(config)();
    try {
      for (let at = 0; at < keys.length; at += MOST)
        await bucket.remove(name, keys.slice(at, at + MOST));
    } finally {
      bucket.close();
    }
  } catch (error) {
    throw new BodyUnavailable(`bodies cannot be removed from the bucket ${name}`, error);
  }
}
