import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Asked } from "./emulator.ts";

export type Key = { secret: string; sessionToken?: string; expired?: boolean };

/** Whom the service knows, where it is, and what time it takes it to be, in milliseconds. */
type Verifier = { keys: Record<string, Key>; region: string; service: string; now: number };

export type Refusal = { status: number; type: string; message: string };

/** Milliseconds by which the clocks may differ. */
const MAX_SKEW = 5 * 60_000;

const sha256 = (data: Buffer | string) => createHash("sha256").update(data).digest("hex");
const hmac = (key: Buffer | string, data: string) =>
  createHmac("sha256", key).update(data).digest();

const refusal = (type: string, message: string, status = 403): Refusal => ({
  status,
  type,
  message,
});
const badSignature = (message: string) => refusal("InvalidSignatureException", message);

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

function parseAuthorization(text: string) {
  const match = AUTHORIZATION.exec(text);
  if (match === null) return undefined;
  const [, keyId = "", day = "", region = "", service = "", signed = "", signature = ""] = match;
  return { keyId, day, region, service, signed: signed.split(";"), signature };
}
type Authorization = NonNullable<ReturnType<typeof parseAuthorization>>;

const encode = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** The path encoded once more than it came, and the parameters sorted (SigV4, canonical request). */
function canonicalUrl(asked: string): [path: string, query: string] {
  const [path = "/", query = ""] = asked.split("?", 2);
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => [
    encode(name),
    encode(value),
  ]);
  const sorted = pairs.map((pair) => pair.join("=")).toSorted();
  return [path.split("/").map(encode).join("/"), sorted.join("&")];
}

const valueOf = (headers: Asked["headers"], name: string): string =>
  [headers[name]].flat().join(",").trim().replace(/ +/g, " ");

function canonicalRequest({ method, path, headers, body }: Asked, signed: string[]): string {
  const lines = signed.map((name) => `${name}:${valueOf(headers, name)}\n`).join("");
  return [method, ...canonicalUrl(path), lines, signed.join(";"), sha256(body)].join("\n");
}

function signatureOf(wire: Asked, at: string, by: Authorization, secret: string): string {
  const { day, region, service } = by;
  const scope = `${day}/${region}/${service}/aws4_request`;
  const request = sha256(canonicalRequest(wire, by.signed));
  const dayKey = hmac(`AWS4${secret}`, day);
  const key = hmac(hmac(hmac(dayKey, region), service), "aws4_request");
  return hmac(key, ["AWS4-HMAC-SHA256", at, scope, request].join("\n")).toString("hex");
}

/** Milliseconds of `20261121T191512Z`. */
const timeOf = (at: string): number =>
  Date.parse(at.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));

const basic = (time: number) => new Date(time).toISOString().replace(/[:-]|\.\d{3}/g, "");

function skewed(at: string, now: number): Refusal | undefined {
  const time = timeOf(at);
  const [early, late] = [basic(now - MAX_SKEW), basic(now + MAX_SKEW)];
  if (time < now - MAX_SKEW)
    return badSignature(
      `Signature expired: ${at} is now earlier than ${early} (${basic(now)} - 5 min.)`,
    );
  if (time > now + MAX_SKEW)
    return badSignature(
      `Signature not yet current: ${at} is still later than ${late} (${basic(now)} + 5 min.)`,
    );
  return undefined;
}

function wrongScope({ day, region, service }: Authorization, at: string, is: Verifier) {
  if (region !== is.region)
    return badSignature(`Credential should be scoped to a valid region, not '${region}'. `);
  if (service !== is.service)
    return badSignature(`Credential should be scoped to correct service: '${is.service}'. `);
  return at.startsWith(day)
    ? undefined
    : badSignature(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date",
      );
}

/** The host and every x-amz header must be among what is signed, and the body's stated hash be its own. */
function unsigned({ headers, body }: Asked, { signed }: Authorization): Refusal | undefined {
  const must = ["host", ...Object.keys(headers).filter((name) => name.startsWith("x-amz-"))];
  const missing = must.filter((name) => !signed.includes(name));
  if (missing.length > 0) return badSignature(`'${missing.join()}' must be a 'SignedHeader'`);
  const stated = headers["x-amz-content-sha256"];
  return stated === undefined || stated === sha256(body)
    ? undefined
    : badSignature("The provided 'x-amz-content-sha256' header does not match what was computed.");
}

const INVALID = refusal(
  "UnrecognizedClientException",
  "The security token included in the request is invalid.",
);
const MISMATCH = badSignature(
  "The request signature we calculated does not match the signature you provided. " +
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
);

function wrongToken({ headers }: Asked, key: Key): Refusal | undefined {
  if (key.sessionToken !== headers["x-amz-security-token"]) return INVALID;
  return key.expired
    ? refusal("ExpiredTokenException", "The security token included in the request is expired")
    : undefined;
}

function wrongSignature(wire: Asked, at: string, by: Authorization, secret: string) {
  const mine = Buffer.from(signatureOf(wire, at, by, secret), "hex");
  return timingSafeEqual(mine, Buffer.from(by.signature, "hex")) ? undefined : MISMATCH;
}

/**
 * Why a request is not taken for its key's owner's, in the words of the service; undefined when it is.
 * Computed from the wire after the description of Signature Version 4, by no client's code.
 */
export function refuseSigV4(wire: Asked, is: Verifier): Refusal | undefined {
  const text = wire.headers.authorization;
  if (text === undefined)
    return refusal("MissingAuthenticationTokenException", "Missing Authentication Token");
  const by = parseAuthorization(text);
  const at = valueOf(wire.headers, "x-amz-date");
  if (by === undefined || Number.isNaN(timeOf(at)))
    return refusal("IncompleteSignatureException", "Authorization header is incomplete.", 400);
  const key = is.keys[by.keyId];
  if (key === undefined) return INVALID;
  return (
    wrongScope(by, at, is) ??
    skewed(at, is.now) ??
    wrongToken(wire, key) ??
    unsigned(wire, by) ??
    wrongSignature(wire, at, by, key.secret)
  );
}
