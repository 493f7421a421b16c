import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";

/** Whose requests they are, and of which service in which region. */
export type Signatory = {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  service: string;
};

/** A request without a query. */
type Unsigned = {
  method: string;
  /** With the port, where it is not the scheme's own. */
  host: string;
  path: string;
  /** Of the body, in hexadecimal digits. */
  sha256: string;
  at: Date;
};

const SIGNED_HEADERS = "host;x-amz-content-sha256;x-amz-date";

const hmac = (key: KeyObject | Buffer | string, text: string) =>
  createHmac("sha256", key).update(text);

/** The key of one day. A key object is used five times as fast as its bytes. */
function keyOf({ secretAccessKey, region, service }: Signatory, day: string): KeyObject {
  const ofDay = hmac(`AWS4${secretAccessKey}`, day).digest();
  const ofService = hmac(hmac(ofDay, region).digest(), service).digest();
  return createSecretKey(hmac(ofService, "aws4_request").digest());
}

const percent = (one: string): string => `%${one.charCodeAt(0).toString(16).toUpperCase()}`;

/** A path is encoded once more than it is sent, by RFC 3986. */
const encoded = (path: string): string =>
  encodeURIComponent(path)
    .replaceAll("%2F", "/")
    .replaceAll(/[!'()*]/g, percent);

function canonical({ method, host, path, sha256 }: Unsigned, time: string): string {
  const headers = `host:${host}\nx-amz-content-sha256:${sha256}\nx-amz-date:${time}\n`;
  const request = [method, encoded(path), "", headers, SIGNED_HEADERS, sha256].join("\n");
  return hash("sha256", request);
}

/**
 * Signs as AWS asks it (Signature Version 4, in the `Authorization` header): with `host`, time and
 * the body's hash, and nothing else.
 * @returns what makes the headers that a request needs, its body's own aside
 */
export function sigV4(by: Signatory): (request: Unsigned) => Record<string, string> {
  let last: { day: string; key: KeyObject } | undefined;
  return (request) => {
    const time = request.at.toISOString().replaceAll(/[:-]|\.\d{3}/g, "");
    const day = time.slice(0, 8);
    if (last?.day !== day) last = { day, key: keyOf(by, day) };
    const scope = `${day}/${by.region}/${by.service}/aws4_request`;
    const text = ["AWS4-HMAC-SHA256", time, scope, canonical(request, time)].join("\n");
    const credential = `AWS4-HMAC-SHA256 Credential=${by.accessKeyId}/${scope}`;
    const signature = hmac(last.key, text).digest("hex");
    return {
      "x-amz-content-sha256": request.sha256,
      "x-amz-date": time,
      authorization: `${credential}, SignedHeaders=${SIGNED_HEADERS}, Signature=${signature}`,
    };
  };
}
