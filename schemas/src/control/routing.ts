import { z } from "zod";

/**
 * Which provider carries a tenant's mail. Routes are asked in the order of `position`; one marked
 * `lastResort` only after the system-wide provider and the one of the environment.
 */
export const Route = z.object({
  kind: z.literal("route"),
  id: z.string(),
  position: z.int(),
  provider: z.string(),
  lastResort: z.boolean(),
});
export type Route = z.infer<typeof Route>;
