import { Problem } from "./errors.ts";

/** So many of something in so many seconds; what has one name is counted together. */
export type RateLimit = { name: string; most: number; seconds: number };

/** A limit as it stands for one caller; `left` is below 0 for whoever is over it, `reset` in seconds. */
export type Rate = RateLimit & { left: number; reset: number };

/** What an answer says of a limit: draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4. */
export const rateFields = ({ name, most, seconds, left, reset }: Rate) => ({
  "ratelimit-policy": `"${name}";q=${most};w=${seconds}`,
  ratelimit: `"${name}";r=${Math.max(0, left)};t=${reset}`,
});

/** The answer to whoever is over a limit: 429 (RFC 6585, section 4), with when to come again. */
export function overLimit(rate: Rate): Problem {
  const detail = `${rate.most} in ${rate.seconds} seconds are allowed`;
  const headers = { "retry-after": String(rate.reset), ...rateFields(rate) };
  return new Problem("rate_limited", detail, { headers });
}
