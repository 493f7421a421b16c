import { ProviderOwner, RouteConditions, Tag } from "@waybill/schemas/shapes";
import { z } from "zod";
import { Line } from "./line.ts";
import { named } from "./named.ts";

const Address = Line.max(320);
const FieldName = z.string().regex(/^[!-9;-~]{1,76}$/, "the name of a header field");

/** A message as routing sees it. */
export const ExplainCommand = z.strictObject({
  from: Address.describe("envelope sender; empty for the null sender"),
  recipients: z.array(Address.min(1)).min(1).max(100),
  headers: z
    .record(FieldName, Line.max(2000))
    .default({})
    .refine((all) => Object.keys(all).length <= 100, "100 fields at most"),
  tags: z.array(Tag).max(20).default([]),
  size: z.int().min(0).default(0).describe("octets"),
  credential: Line.min(1).max(100).optional().describe("id of the SMTP credential"),
});

const Failed = z.enum([...RouteConditions.keyof().options, "providers", "redirect"]);

const why = z.string().describe("`because` of the events");
const provider = z.object({ id: z.string(), type: z.string() });
const owner = ProviderOwner.optional().describe("whose the provider is");
const redirectedTo = z.string().optional();
const rule = z.string().optional().describe("the rule that decided");

const Way = named(
  "RoutingWay",
  z.object({
    recipient: z.string(),
    allowed: z.boolean().describe("false: it is refused when it is named, and no rule is asked"),
    action: z.enum(["send", "reject", "none"]),
    rule,
    why,
    provider: provider.optional(),
    owner,
    redirectedTo,
    next: z
      .array(z.object({ rule, why, provider, owner, redirectedTo }))
      .optional()
      .describe("who carries what the ways before have certainly not sent, in order"),
    reason: z.string().optional().describe("of a rejection"),
    considered: z
      .array(z.object({ rule: z.string(), failed: Failed }))
      .describe("rules that were passed over, and for what"),
  }),
);
export type WayOf = z.infer<typeof Way>;

export const Explanation = z.object({ items: z.array(Way) });
