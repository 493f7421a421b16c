import type { Readable } from "node:stream";
import { z } from "zod";

/** A text for the client; for the route that sends it, a stream, which is not serialized. */
export const Streamed = z.string() as unknown as z.ZodType<Readable>;
