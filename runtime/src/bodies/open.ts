import { join } from "node:path";
import { Readable } from "node:stream";
import type { BodyRef } from "@waybill/schemas";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import type { Nats } from "../nats.ts";
import { collectAfterLoading } from "../collect.ts";
import { checked } from "./chunks.ts";
import { withFallback } from "./fallback.ts";
import { makeFileBodies } from "./fs.ts";
import { makeStreamBodies } from "./jetstream.ts";
import { draftsOf, knownFolder } from "./known-folder.ts";
import type { Bucket } from "./s3-bucket.ts";
import { makeS3Bodies } from "./s3.ts";
import { s3Settings } from "./s3-settings.ts";
import { type BodyKeeper, type BodyStore, BodyUnavailable } from "./store.ts";

/** The folder of bodies that are kept, or pass through, as files. */
export const bodyFolder = ({ WAYBILL_BODY_FOLDER: given, WAYBILL_DATA: data }: Config): string =>
  given ?? join(data, "bodies");

/** What is read, by the store its reference names. */
type Keepers = { [S in BodyRef["store"]]: BodyKeeper<S> };

function readFrom(keepers: Keepers, tenant: string, ref: BodyRef): AsyncIterable<Uint8Array> {
  switch (ref.store) {
    case "jetstream":
      return keepers.jetstream.read(tenant, ref);
    case "fs":
      return keepers.fs.read(tenant, ref);
    case "s3":
      return keepers.s3.read(tenant, ref);
  }
}

const reader =
  (keepers: Keepers): BodyStore["read"] =>
  (tenant, ref) =>
    Readable.from(checked(readFrom(keepers, tenant, ref), ref), { objectMode: false });

/** The bucket of the settings, opened when it is first asked for: its client costs 20 MB of memory. */
export function lazyBucket(config: Config): () => Promise<Bucket> {
  let opening: Promise<Bucket> | undefined;
  return () => (opening ??= opened(config));
}

async function opened(config: Config): Promise<Bucket> {
  const settings = s3Settings(config);
  const { openBucket } = await import("./s3-bucket.ts");
  collectAfterLoading();
  return openBucket(settings);
}

/** A body that is in S3 may still be asked for when nothing is configured any more. */
const s3IfConfigured = (config: Config, open: () => Promise<Bucket>): BodyKeeper<"s3"> =>
  makeS3Bodies({
    open: () =>
      open().catch((error: unknown) => {
        throw new BodyUnavailable("the bucket of this body is not configured", error);
      }),
    bucket: config.WAYBILL_S3_BUCKET ?? "",
    prefix: config.WAYBILL_S3_PREFIX,
    drafts: draftsOf(bodyFolder(config)),
  });

type Options = { config: Config; nats: Nats; log: Logger; open?: () => Promise<Bucket> };

/**
 * Bodies where the settings say they are kept, and in the log's own store while that one fails; each
 * is read from where it is. @throws StartError when a setting is missing
 */
export function openBodies({ config, nats, log, open = lazyBucket(config) }: Options): BodyStore {
  const keepers: Keepers = {
    jetstream: makeStreamBodies(nats, config.WAYBILL_LANES),
    fs: makeFileBodies(knownFolder(nats, bodyFolder(config))),
    s3: s3IfConfigured(config, open),
  };
  const read = reader(keepers);
  const store = config.WAYBILL_BODY_STORE;
  if (store === "jetstream")
    return { read, write: (owner, source) => keepers.jetstream.write(owner, source) };
  if (store === "s3") s3Settings(config);
  const { [store]: primary, jetstream: second } = keepers;
  return { read, write: withFallback({ primary, second, log }) };
}
