import { z } from "zod";

/** A text of one line; whoever uses it says how long it may be. */
export const Line = z.string().regex(/^[^\p{Cc}]*$/u, "no control characters");
