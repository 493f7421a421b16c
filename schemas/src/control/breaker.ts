import { z } from "zod";
import { Timestamp } from "../names.ts";
import { OutcomeClass } from "../outcomes.ts";
import { ProviderOwner } from "../routing/facts.ts";

/** `open`: it is asked for nothing; `half_open`: one mail tries whether it works again. */
export const BreakerState = z.enum(["closed", "open", "half_open"]);
export type BreakerState = z.infer<typeof BreakerState>;

/** The last words of a provider that is left alone. */
export const BreakerReason = z.object({ class: OutcomeClass, response: z.string() });
export type BreakerReason = z.infer<typeof BreakerReason>;

/**
 * Whether a tenant's mail is handed to a provider, or to it from one sender domain. Written by the
 * actors where that changes; a provider of which there is none has always worked.
 */
export const Breaker = z.object({
  kind: z.literal("breaker"),
  /** Id of the provider, or that with `@` and the sender domain. */
  id: z.string(),
  provider: z.string(),
  owner: ProviderOwner,
  /** It is only for mail from there. */
  senderDomain: z.string().optional(),
  state: BreakerState,
  since: Timestamp,
  /** Of `open`: when the next mail is tried. Of `half_open`: after that time another one may be. */
  until: Timestamp.optional(),
  /** How often it was opened since it was last closed. */
  opens: z.int(),
  reason: BreakerReason.optional(),
  /** Sequence of the provider's last fact when it opened: one that was changed since is tried at once. */
  settings: z.int(),
});
export type Breaker = z.infer<typeof Breaker>;
