import { ActivityView, Timestamp } from "@waybill/schemas/shapes";
import { z } from "zod";
import { KINDS } from "../state/kinds.ts";
import { named } from "./named.ts";
import { pageSchema, paging, span } from "./query.ts";

const Exact = z
  .string()
  .min(1)
  .max(400)
  .regex(/^\P{Cc}+$/u, "no control characters");

export const ActivityQuery = z.strictObject({
  actor: Exact.optional().describe("who, whole: `user:<id>` or `apikey:<id>`"),
  kind: z.enum(KINDS).optional().describe("kind of what was changed"),
  id: Exact.optional().describe("id of what was changed"),
  ...span,
  ...paging,
});
export type ActivityQuery = z.infer<typeof ActivityQuery>;

export const ActivityPage = pageSchema(named("Activity", ActivityView));

export const StateQuery = z.strictObject({
  at: Timestamp.optional().describe("the moment, itself included; now by default"),
});

const Entities = z.array(z.record(z.string(), z.unknown()));

export const State = named(
  "State",
  z.object({
    at: Timestamp,
    asOfSeq: z.int().describe("`seq` of the last change in it; 0 when there was none yet"),
    entities: z.partialRecord(z.enum(KINDS), Entities).describe("by kind, newest id first"),
  }),
);
