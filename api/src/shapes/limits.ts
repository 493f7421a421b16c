import { Limits, Timestamp } from "@waybill/schemas/shapes";
import { z } from "zod";
import { Most, RatesPatch } from "../resources/rates.ts";
import { named } from "./named.ts";

const rates = {
  perCredential: RatesPatch.nullable()
    .optional()
    .describe("of each credential that has no limits of its own"),
  perUser: RatesPatch.nullable().optional().describe("of each user, over all their credentials"),
};

/** What a tenant sets itself. */
export const TenantsPatch = z.strictObject(rates);

/** What the platform sets for a tenant. */
export const PlatformsPatch = z.strictObject({
  monthly: Most.nullable().optional().describe("messages in a calendar month (UTC)"),
  connections: Most.nullable()
    .optional()
    .describe("SMTP connections at once, to each ingress process"),
  recipients: Most.min(1).nullable().optional().describe("recipients of one message"),
  ...rates,
});
export type LimitsPatch = z.infer<typeof PlatformsPatch>;

export const LimitSettings = named("LimitSettings", Limits.omit({ kind: true, id: true }));

const LimitUse = z.object({
  scope: z.enum(["tenant", "credential", "user"]),
  subject: z.string().describe("id of the tenant, the credential or the user"),
  name: z.string().optional().describe("of a credential, as people know it"),
  counts: z.enum(["messages", "connections", "recipients"]),
  window: z.enum(["hour", "day", "month"]).nullable().describe("null: at once, or of one message"),
  limit: z.int(),
  used: z
    .int()
    .nullable()
    .describe("in this window, or at this moment; null where nothing is counted up"),
  remaining: z.int().nullable(),
  resetsAt: Timestamp.nullable(),
});
export type LimitUse = z.infer<typeof LimitUse>;

/** What is set, and every limit that follows from it as it stands. */
export const LimitsPage = z.object({
  limits: LimitSettings,
  items: z.array(named("LimitUse", LimitUse)),
  nextCursor: z.string().nullable(),
});
