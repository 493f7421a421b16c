import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { Client } from "minio";

/** Octets that can be asked for as often as they are needed: from one to before another. */
export type Octets = {
  stream(from: number, to: number): Readable;
  /** Each piece is good until the next is asked for. */
  pieces(from: number, to: number): AsyncIterable<Buffer>;
};

/** What is put. */
export type Put = {
  key: string;
  /** Octets. */
  size: number;
  /** SHA-256 of all of it, hex. */
  sha256: string;
  octets: Octets;
};

/** Octets of an object that is put by one request, and of each part of a larger one. */
export const PART = 8 * 1024 * 1024;

const TYPE = { "Content-Type": "message/rfc822" };

/** Reads what is left of an answer, so that its connection can be used again. */
async function drain(response: IncomingMessage): Promise<void> {
  response.resume();
  if (!response.readableEnded) for await (const _ of response);
}

/** Where an object is put, and the milliseconds after which no request of a large one is begun. */
export type Target = { client: Client; bucket: string; region: string; patience: number };

type Request = { key: string; query?: string; headers: Record<string, string> };

/** One streamed request, signed with the hash of its octets over plain HTTP; gives its entity tag. */
async function putOnce(
  { client, bucket: bucketName, region }: Target,
  { key: objectName, query = "", headers }: Request,
  body: Readable | Buffer,
  sha256: string,
): Promise<string> {
  const asked = { method: "PUT", bucketName, objectName, query, headers };
  const signed = client.enableSHA256 ? sha256 : "";
  const answer = await client.makeRequestStreamAsync(asked, body, signed, [200], region);
  await drain(answer);
  return (answer.headers.etag ?? "").replaceAll('"', "");
}

function putWhole(target: Target, { key, size, sha256, octets }: Put): Promise<string> {
  const headers = {
    ...TYPE,
    "Content-Length": String(size),
    "x-amz-checksum-sha256": Buffer.from(sha256, "hex").toString("base64"),
  };
  const body = size === 0 ? Buffer.alloc(0) : octets.stream(0, size);
  return putOnce(target, { key, headers }, body, sha256);
}

/** SHA-256, and MD5 for servers that are not told the former: parts have no other checksum everywhere. */
async function hashesOf(pieces: AsyncIterable<Buffer>): Promise<{ sha256: string; md5: string }> {
  const [sha256, md5] = [createHash("sha256"), createHash("md5")];
  for await (const piece of pieces) {
    sha256.update(piece);
    md5.update(piece);
  }
  return { sha256: sha256.digest("hex"), md5: md5.digest("base64") };
}

/** One part after the other: none is held in memory. */
async function putParts(
  target: Target,
  uploadId: string,
  { key, size, octets }: Put,
  inTime: () => void,
): Promise<{ part: number; etag: string }[]> {
  const parts: { part: number; etag: string }[] = [];
  for (let from = 0; from < size; from += PART) {
    inTime();
    const [part, to] = [parts.length + 1, Math.min(from + PART, size)];
    const query = `partNumber=${part}&uploadId=${encodeURIComponent(uploadId)}`;
    const { sha256, md5 } = await hashesOf(octets.pieces(from, to));
    const headers = { "Content-Length": String(to - from), "Content-MD5": md5 };
    const etag = await putOnce(target, { key, query, headers }, octets.stream(from, to), sha256);
    parts.push({ part, etag });
  }
  return parts;
}

/** Puts an object; one larger than a part in parts. Whatever fails leaves no object; parts are aborted, unless the process or the server dies. */
export async function putObject(target: Target, put: Put): Promise<void> {
  if (put.size <= PART) return void (await putWhole(target, put));
  const { client, bucket, patience } = target;
  const begun = performance.now();
  const inTime = () => {
    if (performance.now() - begun > patience) throw new Error(`S3 took more than ${patience} ms`);
  };
  const uploadId = await client.initiateNewMultipartUpload(bucket, put.key, TYPE);
  try {
    const parts = await putParts(target, uploadId, put, inTime);
    inTime();
    await client.completeMultipartUpload(bucket, put.key, uploadId, parts);
  } catch (error) {
    // Whoever waits for this has waited enough.
    client.abortMultipartUpload(bucket, put.key, uploadId).catch(() => undefined);
    throw error;
  }
}
