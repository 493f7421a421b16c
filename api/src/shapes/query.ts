import { MessageId, Timestamp } from "@waybill/schemas/shapes";
import { z } from "zod";
import { Line } from "./line.ts";

/** A text to look for; 320 is the longest address (RFC 3696, erratum 1690). */
export const Text = Line.min(1).max(320);

/** Where the list goes on, and how far. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(200).default(50).describe("items of a page"),
  cursor: z.string().max(500).optional().describe("nextCursor of the page before"),
};

/** A half-open span of time. */
export const span = {
  from: Timestamp.optional().describe("this moment or later"),
  to: Timestamp.optional().describe("before this moment"),
};

export const byId = z.strictObject({ id: MessageId });

/** A page of a list, newest first; `nextCursor` is null on the last one. */
export const pageSchema = <S extends z.ZodType>(item: S) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });
