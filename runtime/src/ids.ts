import { createHash, randomFillSync } from "node:crypto";
import { comparedAddress } from "./compared-address.ts";
import type { MessageId } from "@waybill/schemas";
import { encodeTime, monotonicFactory } from "ulid";

/** Random octets are taken from a pool: asked for one by one they cost 7 % of a mail's acceptance. */
const pool = Buffer.alloc(4096);
let used = pool.length;

function random(octets: number): Buffer {
  if (used + octets > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += octets;
  return pool.subarray(used - octets, used);
}

const nextUlid = monotonicFactory(() => random(1).readUInt8() / 256);

/** A new message id: a ULID, later ones of this process sort after earlier ones. */
export const newMessageId = (): MessageId => nextUlid();

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The message id of what is made of something at a time: the same of the same. */
export function messageIdFor(what: string, time: Date): MessageId {
  const bits = createHash("sha256").update(what).digest().subarray(0, 16);
  const rest = Array.from(bits, (octet) => CROCKFORD[octet % 32]).join("");
  return encodeTime(time.getTime(), 10) + rest;
}

/** A new W3C trace id: 32 hex digits. */
export const newTraceId = (): string => random(16).toString("hex");

const idOfText = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The id of the user with that address, the same in every process: one address is one user. */
export const userIdOf = (email: string): string => idOfText(email.toLowerCase()).slice(0, 26);

/** The id of an address on a suppression list: a safe token of bounded length, the same for every spelling. */
export const suppressionIdOf = (address: string): string =>
  idOfText(comparedAddress(address)).slice(0, 32);

type Hash = (text: string) => string;

/** What is kept of a spelling of an address that was erased: a hash under the installation's key, for one tenant. */
export const erasedHash = (hash: Hash, tenant: string, spelling: string): string =>
  hash(`erased:${tenant}:${spelling}`).slice(0, 32);

/** What is kept of an erased address, the same for every spelling; on a suppression list it is its id. */
export const erasedIdOf = (hash: Hash, tenant: string, address: string): string =>
  erasedHash(hash, tenant, comparedAddress(address));
