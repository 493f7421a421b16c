import { z } from "zod";
import { merged } from "../resource/merge.ts";

/** The largest number that a limit may have. */
const MOST = 1_000_000_000;

export const Most = z.int().min(0).max(MOST);

/** Messages an hour and a day. */
export const Rates = z.strictObject({
  hourly: Most.optional().describe("messages in an hour of the clock (UTC)"),
  daily: Most.optional().describe("messages in a day (UTC)"),
});
type Rates = z.infer<typeof Rates>;

/** A merge patch of them (RFC 7396). */
export const RatesPatch = z.strictObject({
  hourly: Most.nullable().optional(),
  daily: Most.nullable().optional(),
});
type RatesPatch = z.infer<typeof RatesPatch>;

/** The rates after a patch; null when none is left. */
export function changedRates(
  before: Rates | undefined,
  patch: RatesPatch | null | undefined,
): Rates | null | undefined {
  if (patch === undefined) return before;
  const after: Rates = patch === null ? {} : merged(before ?? {}, patch);
  return Object.keys(after).length === 0 ? null : after;
}
