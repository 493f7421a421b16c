import { timingSafeEqual } from "node:crypto";
import type { MessageId } from "@waybill/schemas";
import { decodeTime } from "ulid";
import { comparedAddress } from "./compared-address.ts";
import type { Secrets } from "./secrets.ts";

/** What a return path was made for: a message, and one of its recipients, by a digest. */
export type ReturnPath = { messageId: MessageId; recipient: string };

/** Return paths of this installation: a sender address for each recipient (VERP), that nobody else can make. */
export type ReturnPaths = {
  /** The local part: at most 64 octets, the same at every attempt, so that greylisting knows it again. */
  make(tenant: string, messageId: MessageId, recipient: string): string;
  /** What a local part was made for, in any case of its letters; undefined when it was not for this tenant. */
  read(tenant: string, local: string): ReturnPath | undefined;
  /** Whether it was made for this recipient of the message. */
  isFor(tenant: string, path: ReturnPath, recipient: string): boolean;
};

/** Bits of the digest of a recipient, and of the code that shows who made it. */
const BITS = { recipient: 50, code: 80 };

const FORM = /^b\+([0-9a-hjkmnp-tv-z]{26})\.([0-9a-v]{10})\.([0-9a-v]{16})$/;

/** Milliseconds for which one is good: as long as the log holds the message. */
const GOOD_FOR = 30 * 24 * 3_600_000;

/** Whether a local part looks like one of ours. */
export const looksLikeReturnPath = (local: string): boolean => /^b\+/i.test(local);

/** The first bits of a hash in hex, 5 bits a digit: letters and digits that survive any mail server. */
const digits = (hash: string, bits: number): string =>
  BigInt(`0x${hash.slice(0, Math.ceil(bits / 4))}`)
    .toString(32)
    .padStart(bits / 5, "0")
    .slice(-bits / 5);

const equal = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

/** The return paths under the installation's hashing key. */
export function makeReturnPaths(
  { hash }: Pick<Secrets, "hash">,
  now: () => number = Date.now,
): ReturnPaths {
  const digestOf = (tenant: string, id: string, recipient: string): string =>
    digits(hash(`verp recipient:${tenant}:${id}:${comparedAddress(recipient)}`), BITS.recipient);
  const codeOf = (tenant: string, id: string, recipient: string): string =>
    digits(hash(`verp:${tenant}:${id}:${recipient}`), BITS.code);
  return {
    make: (tenant, messageId, to) => {
      const recipient = digestOf(tenant, messageId, to);
      return `b+${messageId.toLowerCase()}.${recipient}.${codeOf(tenant, messageId, recipient)}`;
    },
    read: (tenant, local) => {
      const [, id = "", recipient = "", code = ""] = FORM.exec(local.toLowerCase()) ?? [];
      const messageId = id.toUpperCase();
      const isOurs = equal(code, codeOf(tenant, messageId, recipient)) && code !== "";
      return isOurs && decodeTime(messageId) > now() - GOOD_FOR
        ? { messageId, recipient }
        : undefined;
    },
    isFor: (tenant, { messageId, recipient }, to) =>
      equal(recipient, digestOf(tenant, messageId, to)),
  };
}
