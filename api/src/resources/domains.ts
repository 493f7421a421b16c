import { domainName, randomToken } from "@waybill/runtime";
import { Domain } from "@waybill/schemas/shapes";
import { z } from "zod";
import type { Resource } from "../resource/resource.ts";
import { named } from "../shapes/named.ts";

/** Octets: the name of the record is a domain name too. */
const MAX = 253 - "_waybill.".length;

const isDeclarable = (text: string): boolean => (domainName(text)?.length ?? Infinity) <= MAX;

const New = z.strictObject({
  domain: z
    .string()
    .min(1)
    .max(MAX)
    .refine(isDeclarable, "write a domain such as example.com: no address, no wildcard")
    .meta({
      description: "kept in lower case and as A-labels (RFC 5890)",
      examples: ["example.com"],
    }),
});

const Record = z.object({ name: z.string(), type: z.literal("TXT"), value: z.string() });
const View = named(
  "Domain",
  Domain.omit({ kind: true, token: true }).extend({
    record: Record.describe("to publish in DNS; the domain is verified once it is found there"),
    verifiedAt: Domain.shape.verifiedAt.describe("since when mail may be sent from it"),
  }),
);

/** The record that shows a tenant's word for a domain: the token is of that tenant and domain alone. */
export const recordOf = ({ id, token }: Domain): z.infer<typeof Record> => ({
  name: `_waybill.${id}`,
  type: "TXT",
  value: `waybill-verification=${token}`,
});

/** Domains a tenant says it sends from; each counts once it is verified, its subdomains with it. */
export const domains: Resource<Domain, z.infer<typeof New>> = {
  kind: "domain",
  path: "domains",
  words: ["sender domain", "sender domains"],
  tag: "sender domains",
  view: View,
  new: New,
  read: "config:read",
  write: "config:write",
  show: (domain) => {
    const { kind: _kind, token: _token, ...shown } = domain;
    return { ...shown, record: recordOf(domain) };
  },
  usedBy: ({ id }, { caller, deps }) => {
    const path = deps.directory.tenant(caller.tenant)?.returnPath ?? "";
    return `.${path}`.endsWith(`.${id}`) ? ["the tenant's return path"] : [];
  },
  make: (body, { deps }) => {
    const id = domainName(body.domain) ?? body.domain;
    const createdAt = deps.now().toISOString();
    return { entity: { kind: "domain", id, token: randomToken(24), createdAt } };
  },
};
