import { comparedAddress, erasedIdOf, type Secrets, suppressionIdOf } from "@waybill/runtime";
import { MOST_SUPPRESSIONS } from "@waybill/schemas";
import { Suppression, SuppressionReason, Timestamp } from "@waybill/schemas/shapes";
import { z } from "zod";
import type { Resource } from "../resource/resource.ts";
import { named } from "../shapes/named.ts";
import { Text } from "../shapes/query.ts";
import { Address } from "./addresses.ts";

const Until = Timestamp.describe("from this moment on it holds nothing back; never when absent");

const New = z.strictObject({
  address: Address.describe("compared in lower case, its domain as A-labels"),
  reason: SuppressionReason.default("manual"),
  expiresAt: Until.optional(),
});
const Patch = z.strictObject({
  reason: SuppressionReason.optional(),
  expiresAt: Until.nullable().optional(),
});

const SuppressionView = named("Suppression", Suppression.omit({ kind: true }));

const query = {
  address: Text.optional().describe("the address, whole, in any spelling of its case"),
  reason: SuppressionReason.optional(),
};
const Query = z.object(query);

/** An address as an entity of the list. */
export const suppressionOf = ({
  address,
  ...what
}: Omit<Suppression, "kind" | "id">): Suppression => ({
  kind: "suppression",
  id: suppressionIdOf(address),
  address: comparedAddress(address),
  ...what,
});

/** The ids under which an address may be on the list: its own, and the one it has when it was erased. */
const idsOf = (secrets: Secrets, tenant: string, address: string): string[] => [
  suppressionIdOf(address),
  erasedIdOf((text) => secrets.hash(text), tenant, address),
];

/** The addresses that the tenant's mail does not go to; it is removed from there by deleting it. */
export const suppressions: Resource<Suppression, z.infer<typeof New>, z.infer<typeof Patch>> = {
  kind: "suppression",
  path: "suppressions",
  words: ["suppression", "suppressions"],
  tag: "suppressions",
  view: SuppressionView,
  new: New,
  patch: Patch,
  read: "mail:read",
  write: "mail:operate",
  most: MOST_SUPPRESSIONS,
  filter: {
    query,
    choose: (all, given, { deps, caller }) => {
      const { address, reason: wanted } = Query.parse(given);
      const ids = address === undefined ? undefined : idsOf(deps.secrets, caller.tenant, address);
      const isOne = ({ id, reason }: Suppression): boolean =>
        (ids?.includes(id) ?? true) && (wanted ?? reason) === reason;
      return all.filter(isOne);
    },
  },
  show: ({ kind: _kind, ...shown }) => shown,
  make: (body, { deps }) => ({
    entity: suppressionOf({ ...body, origin: "manual", at: deps.now().toISOString() }),
  }),
};
