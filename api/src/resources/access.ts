import { isCidr } from "@waybill/runtime";
import type { ApiKey, Credential } from "@waybill/schemas";
import { Timestamp } from "@waybill/schemas/shapes";
import { z } from "zod";
import type { Asked } from "../resource/resource.ts";
import { Name } from "../resource/words.ts";

const Networks = z
  .array(z.string().max(50).refine(isCidr, "write a block such as 192.0.2.0/24 or 2001:db8::/32"))
  .min(1)
  .max(50)
  .describe("blocks of addresses it may be used from; from anywhere when absent");

/** What is said of a machine's secret when it is made. */
export const newAccess = {
  name: Name.describe("for people to tell it from others"),
  expiresAt: Timestamp.optional().describe("from this moment on it opens nothing"),
  networks: Networks.optional(),
  test: z
    .boolean()
    .default(false)
    .describe("it reaches only the sandbox; its secret begins with wb_test_"),
};

/** What of it can be changed. */
export const changedAccess = {
  name: Name.optional(),
  expiresAt: Timestamp.nullable().optional(),
  networks: Networks.nullable().optional(),
};

/** How its secret begins. */
export const prefixOf = (test: boolean): string => (test ? "wb_test_" : "wb_live_");

/** When it was last used, as its view says it. */
export const LastUse = z.iso
  .datetime()
  .optional()
  .describe("when it was last used, to the minute; absent when it never was");

/** Everything but what opens it, and when it last opened something. */
export async function withoutHash<E extends Credential | ApiKey>(
  { hash: _hash, kind, ...shown }: E,
  { deps, caller }: Asked,
) {
  const lastUsedAt = await deps.uses.read(caller.tenant, kind, shown.id);
  return { ...shown, ...(lastUsedAt !== undefined && { lastUsedAt }) };
}
