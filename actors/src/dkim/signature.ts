import { createHash, type KeyObject, sign as signWith } from "node:crypto";
import { promisify } from "node:util";
import type { DkimAlgorithm } from "@waybill/schemas";
import { relaxed, type Field } from "./header-fields.ts";

const signAside = promisify(signWith);

/**
 * Fields that a signature covers, all there are of each (RFC 6376 5.4.1); RFC 8058 3 demands the two of
 * one-click unsubscription.
 */
const COVERED = [
  "from",
  "sender",
  "reply-to",
  "to",
  "cc",
  "subject",
  "date",
  "message-id",
  "mime-version",
  "content-type",
  "content-transfer-encoding",
  "in-reply-to",
  "references",
  "list-id",
  "list-unsubscribe",
  "list-unsubscribe-post",
  "feedback-id",
];

/** Named once more than there are of it: one that is added later breaks the signature (RFC 6376 8.15). */
const OVERSIGNED = new Set(["from"]);

/** Who signs. */
export type SigningKey = {
  domain: string;
  selector: string;
  algorithm: DkimAlgorithm;
  privateKey: KeyObject;
};

/** What is signed: the fields, the hash of the body in relaxed form (base64), and when, in seconds. */
export type Signed = { fields: readonly Field[]; bodyHash: string; time: number };

/** The fields in the order in which verifiers look for them: of one name the lowest first (RFC 6376 5.4.2). */
const ofName = (fields: readonly Field[], name: string): Field[] =>
  fields.filter((field) => field.name === name).toReversed();

const namesOf = (fields: readonly Field[]): string[] =>
  COVERED.flatMap((name) => [
    ...ofName(fields, name).map(() => name),
    ...(OVERSIGNED.has(name) ? [name] : []),
  ]);

const linesOf = (fields: readonly Field[]): string[] =>
  COVERED.flatMap((name) => ofName(fields, name).map((field) => `${relaxed(field)}\r\n`));

/** In lines of 78 octets at most, folded where the grammar of the tag allows it (RFC 6376 3.5). */
const FOLD = "\r\n ";
const foldedNames = (names: string[]): string =>
  names.join(":").replaceAll(/(.{30,70}?:)(?=.)/g, `$1${FOLD}`);
const foldedBase64 = (text: string): string => text.replaceAll(/.{70}(?=.)/g, `$&${FOLD}`);

function unsignedField(
  { fields, bodyHash, time }: Signed,
  { domain, selector, algorithm }: SigningKey,
): Field {
  const tags = [
    `v=1; a=${algorithm}-sha256; c=relaxed/relaxed; t=${time}`,
    `d=${domain}`,
    `s=${selector}`,
    `h=${foldedNames(namesOf(fields))}`,
    `bh=${bodyHash}`,
    "b=",
  ];
  return { name: "dkim-signature", text: `DKIM-Signature: ${tags.join(`;${FOLD}`)}` };
}

/** RFC 6376 3.3.1; RFC 8463 3: pure Ed25519 over the hash. */
function signatureOf(data: Buffer, { algorithm, privateKey }: SigningKey): Promise<Buffer> {
  return algorithm === "rsa"
    ? signAside("sha256", data, privateKey)
    : signAside(null, createHash("sha256").update(data).digest(), privateKey);
}

/**
 * A `DKIM-Signature` field with its CRLF, to be put before the message (RFC 6376 3.5, 5.6). Signed with
 * Node's own crypto beside mailauth's hash of the body: mailauth's signer cannot name a field more often
 * than there are of it, and costs a process 32 MB.
 */
export async function signatureField(what: Signed, key: SigningKey): Promise<string> {
  const field = unsignedField(what, key);
  const data = Buffer.from(linesOf(what.fields).join("") + relaxed(field), "latin1");
  const signature = await signatureOf(data, key);
  return `${field.text}${foldedBase64(signature.toString("base64"))}\r\n`;
}
