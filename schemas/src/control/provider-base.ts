import { z } from "zod";

/** What every provider has. */
export const provider = {
  kind: z.literal("provider"),
  id: z.string(),
  name: z.string(),
  /** Connections, or requests, at once. */
  concurrency: z.int().min(1),
};
