import { BreakerReason, BreakerState, ProviderOwner, Timestamp } from "@waybill/schemas/shapes";
import { z } from "zod";
import { named } from "./named.ts";
import { ProviderHealth } from "./provider-check.ts";

const fields = {
  state: BreakerState.describe(
    "`open`: it is asked for nothing, and mail goes on by the next provider or waits; " +
      "`half_open`: one mail tries whether it works again",
  ),
  since: Timestamp.nullable().describe("of `closed`, when it worked again; else when it failed"),
  until: Timestamp.nullable().describe(
    "of `open`, when one mail tries it; of `half_open`, when another one may",
  ),
  opens: z.int().describe("how often it failed since it last worked"),
  reason: BreakerReason.nullable().describe("its last words"),
};

const BreakerView = named("ProviderBreaker", z.object(fields));
export type BreakerView = z.infer<typeof BreakerView>;

export const BreakersOf = z.object({
  breaker: BreakerView.describe("for all mail of the tenant"),
  senderDomains: z
    .array(z.object({ senderDomain: z.string(), ...fields }))
    .describe("for mail from domains that the provider does not take it from"),
});
export type BreakersOf = z.infer<typeof BreakersOf>;

/** How a provider did, and whether it is left alone. */
export const ProviderCondition = named(
  "ProviderCondition",
  z.object({ ...ProviderHealth.shape, ...BreakersOf.shape }),
);

export const BreakerList = z.object({
  items: z.array(z.object({ provider: z.string(), owner: ProviderOwner, ...BreakersOf.shape })),
});
export type BreakerList = z.infer<typeof BreakerList>;
