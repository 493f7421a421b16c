import { z } from "zod";
import { Tag } from "../control/routing.ts";

/** What routing asks of a message and its envelope does not say; every work item of it carries this on. */
export const RoutingFacts = z.object({
  /** The credential it was handed in with. */
  credential: z.string().optional(),
  /** The user whose credential that is. */
  user: z.string().optional(),
  /** It reaches nothing but the sandbox. */
  test: z.literal(true).optional(),
  tags: z.array(Tag),
  /** Header fields that the tenant's rules asked for when it was accepted; names in lower case. */
  fields: z.record(z.string(), z.string()),
});
export type RoutingFacts = z.infer<typeof RoutingFacts>;

/** Whose a provider is: the tenant's; everybody's; named in the environment; the relay's own sandbox. */
export const ProviderOwner = z.enum(["tenant", "platform", "environment", "builtin"]);
export type ProviderOwner = z.infer<typeof ProviderOwner>;

/** Why mail went the way it went. */
export const RouteTaken = z.object({
  /** The rule that decided; absent when none did. */
  rule: z.string().optional(),
  /** In a few words. */
  because: z.string(),
  /** Whose the provider is; absent when nobody carries the mail. */
  owner: ProviderOwner.optional(),
  /** The address that was told instead of the recipients. */
  redirectedTo: z.string().optional(),
});
export type RouteTaken = z.infer<typeof RouteTaken>;
