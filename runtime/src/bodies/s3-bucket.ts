import { Client } from "minio";
import type { Readable } from "node:stream";
import { putObject, type Put } from "./s3-put.ts";
import { impatient, PATIENCE, type Patience } from "./s3-transport.ts";
import type { S3Settings } from "./s3-settings.ts";

/** An object of a listing. */
type Listed = { key: string; size: number; changed: Date };

/** A page of a listing; `next` is absent on the last. */
type Page = { objects: Listed[]; next?: string };

/** A bucket, asked once and impatiently: whoever asks knows what to do without an answer. */
export type Bucket = {
  put(what: Put): Promise<void>;
  get(bucket: string, key: string): Promise<Readable>;
  /** Objects whose key begins with `prefix`, a thousand at once, in the order of their keys. */
  list(prefix: string, from?: string): Promise<Page>;
  remove(bucket: string, keys: string[]): Promise<void>;
  /** Throws when the bucket is not there for us. */
  check(): Promise<void>;
  close(): void;
};

const clientOf = ({ endpoint, region, accessKey, secretKey }: S3Settings, patience: Patience) => {
  const useSSL = endpoint.protocol === "https:";
  const { transport, close } = impatient(useSSL, patience);
  const client = new Client({
    endPoint: endpoint.hostname,
    ...(endpoint.port !== "" && { port: Number(endpoint.port) }),
    useSSL,
    region,
    accessKey,
    secretKey,
    transport: transport as never,
    retryOptions: { disableRetry: true },
  });
  return { client, close };
};

export function openBucket(settings: S3Settings, patience = PATIENCE): Bucket {
  const { client, close } = clientOf(settings, patience);
  const { bucket, region } = settings;
  return {
    put: (what) => putObject({ client, bucket, region, patience: patience.large }, what),
    get: (from, key) => client.getObject(from, key),
    async list(prefix, from = "") {
      const page = await client.listObjectsV2Query(bucket, prefix, from, "", 1000, "");
      const objects = page.objects.flatMap(({ name, size, lastModified }) =>
        name === undefined
          ? []
          : [{ key: name, size: size ?? 0, changed: new Date(lastModified ?? 0) }],
      );
      return { objects, ...(page.isTruncated && { next: page.nextContinuationToken }) };
    },
    async remove(from, keys) {
      const failed = await client.removeObjects(from, keys);
      if (failed.length > 0) throw new Error(`S3 did not remove ${failed.length} objects`);
    },
    async check() {
      if (!(await client.bucketExists(bucket))) throw new Error("there is no such bucket");
    },
    close,
  };
}
