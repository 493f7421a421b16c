const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LAST = 2 ** 48 - 1;

/** The least ULID of a millisecond: 48 bits of time in 10 digits of Crockford's base 32, then zeros. */
export function firstUlidOf(milliseconds: number): string {
  let rest = Math.min(Math.max(0, Math.floor(milliseconds)), LAST);
  let digits = "";
  for (let place = 0; place < 10; place += 1) {
    digits = `${DIGITS[rest % 32]}${digits}`;
    rest = Math.floor(rest / 32);
  }
  return digits.padEnd(26, "0");
}
