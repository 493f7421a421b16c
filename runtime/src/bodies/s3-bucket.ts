import { Client } from "minio";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { impatient, PATIENCE, type Patience } from "./s3-transport.ts";
import type { S3Settings } from "./s3-settings.ts";

/** What is put, and what the server is to have received. */
type Put = { key: string; size: number; sha256: string; body: () => Readable };

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
  remove(keys: string[]): Promise<void>;
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

/** Reads what is left of an answer, so that its connection can be used again. */
async function drain(response: IncomingMessage): Promise<void> {
  response.resume();
  if (!response.readableEnded) for await (const _ of response);
}

export function openBucket(settings: S3Settings, patience = PATIENCE): Bucket {
  const { client, close } = clientOf(settings, patience);
  const { bucket, region } = settings;
  return {
    /** One streamed request: a put in parts would hold 5 MiB of each in memory, and leave parts behind. */
    async put({ key, size, sha256, body }) {
      const headers = {
        "Content-Length": String(size),
        "Content-Type": "message/rfc822",
        "x-amz-checksum-sha256": Buffer.from(sha256, "hex").toString("base64"),
      };
      const asked = { method: "PUT", bucketName: bucket, objectName: key, headers };
      const signed = client.enableSHA256 ? sha256 : "";
      const given = size === 0 ? Buffer.alloc(0) : body();
      await drain(await client.makeRequestStreamAsync(asked, given, signed, [200], region));
    },
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
    async remove(keys) {
      const failed = await client.removeObjects(bucket, keys);
      if (failed.length > 0) throw new Error(`S3 did not remove ${failed.length} objects`);
    },
    async check() {
      if (!(await client.bucketExists(bucket))) throw new Error("there is no such bucket");
    },
    close,
  };
}
