import type { BodyRef, BodyRefOf } from "@waybill/schemas";
import type { Config } from "../config.ts";
import { removeFile } from "./fs.ts";
import { oldBodies, type OldBody } from "./old-bodies.ts";
import { bodyFolder, lazyBucket } from "./open.ts";
import { bodyName } from "./place.ts";
import { type BodyOwner, BodyUnavailable } from "./store.ts";

/** Bodies that are not in the log's own store, for those who clean up. */
export type KeptOutside = {
  /** What is kept since before a moment (milliseconds since 1970), a thousand or so at once. */
  old(before: number): AsyncIterable<OldBody[]>;
  /**
   * Removes a body for good, and what a put that got no answer may have left of it; of one in the log
   * only the latter. Repeated it does nothing. @throws BodyUnavailable when its store does not answer
   */
  remove(owner: BodyOwner, ref: BodyRef): Promise<void>;
};

/** Bodies in the folder and the bucket of the settings, whichever store new ones go to. */
export const keptOutside = (config: Config): KeptOutside => ({
  old: (before) => oldBodies(config, before),
  async remove(owner, ref) {
    switch (ref.store) {
      case "jetstream":
        return removeRest(config, owner, ref);
      case "fs":
        return removeFile(bodyFolder(config), { ...owner, messageId: ref.id });
      case "s3":
        return removeObject(config, ref);
    }
  },
});

async function removeRest(
  config: Config,
  owner: BodyOwner,
  { fallback }: BodyRefOf<"jetstream">,
): Promise<void> {
  const { WAYBILL_S3_BUCKET: bucket, WAYBILL_S3_PREFIX: prefix } = config;
  if (fallback === "fs") await removeFile(bodyFolder(config), owner);
  if (fallback === "s3" && bucket !== undefined)
    await removeObject(config, { bucket, key: `${prefix}${bodyName(owner)}` });
}

async function removeObject(
  config: Config,
  { bucket, key }: { bucket: string; key: string },
): Promise<void> {
  try {
    const open = await lazyBucket(config)();
    await open.remove(bucket, [key]).finally(() => open.close());
  } catch (error) {
    throw new BodyUnavailable(`the object of a body cannot be removed from ${bucket}`, error);
  }
}
