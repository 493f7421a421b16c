import type { MessageId } from "./names.ts";

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PLACES = 10;
const LAST = 2 ** 48 - 1;

/** The least ULID of a millisecond: 48 bits of time in 10 digits of Crockford's base 32, then zeros. */
export function firstUlidOf(milliseconds: number): MessageId {
  let rest = Math.min(Math.max(0, Math.floor(milliseconds)), LAST);
  let digits = "";
  for (let place = 0; place < PLACES; place += 1) {
    digits = `${DIGITS[rest % 32]}${digits}`;
    rest = Math.floor(rest / 32);
  }
  return digits.padEnd(26, "0");
}

/** When a ULID was made, in milliseconds since 1970. */
export const timeOfUlid = (id: MessageId): number =>
  Array.from(id.slice(0, PLACES)).reduce((time, digit) => time * 32 + DIGITS.indexOf(digit), 0);
