import { OutcomeClass, Timestamp } from "@waybill/schemas/shapes";
import { z } from "zod";
import { BreakersOf } from "./breaker.ts";
import { named } from "./named.ts";
import { span } from "./query.ts";

/** Milliseconds: the longest span, whose attempts are all counted anew; and the one by default. */
export const [LONGEST, USUAL] = [31 * 86_400_000, 86_400_000];

export const StatsQuery = z.strictObject({
  from: span.from.describe("this moment or later; 24 hours before `to` by default"),
  to: span.to.describe("before this moment; now by default"),
});

export const ProviderStats = named(
  "ProviderStats",
  z.object({
    from: Timestamp,
    to: Timestamp,
    attempts: z
      .int()
      .describe(
        "one whose recipients fared differently counts once for delivered, failed and ambiguous",
      ),
    outcomes: z
      .partialRecord(OutcomeClass, z.int())
      .describe(
        "attempts by the class that tells most of the provider; those there were none of are absent",
      ),
    durationMs: z
      .object({ p50: z.number(), p99: z.number() })
      .nullable()
      .describe("milliseconds an attempt took, its failures included; null without any"),
    ...BreakersOf.shape,
  }),
);
