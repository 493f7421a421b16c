import { z } from "zod";

/** A name that people give to a thing. */
export const Name = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}]*$/u, "no control characters");
