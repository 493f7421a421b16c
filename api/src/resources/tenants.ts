import { domainName, isSenderDomain } from "@waybill/runtime";
import { DEFAULT_LADDER, PLATFORM } from "@waybill/schemas";
import { AmbiguityPolicy, Slug, Tenant } from "@waybill/schemas/shapes";
import { z } from "zod";
import type { Caller } from "../auth.ts";
import type { Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { merged } from "../resource/merge.ts";
import type { Resource } from "../resource/resource.ts";
import { Name } from "../resource/words.ts";
import { Line } from "../shapes/line.ts";
import { named } from "../shapes/named.ts";
import { Address, AddressOrDomain } from "./addresses.ts";
import { isCarrier } from "./is-carrier.ts";
import { runsPlatform } from "./runs-platform.ts";

/** Seconds: 72 hours. */
const LONGEST_WAIT = 259_200;

const Concurrency = z.int().min(1).max(1000).describe("messages in delivery at once");
const RetryLadder = z
  .array(z.number().min(0).max(LONGEST_WAIT))
  .min(1)
  .max(50)
  .describe("seconds between one attempt and the next");
/** Seconds: a day. */
const LONGEST_PAUSE = 86_400;

const BreakerLadder = z
  .array(z.number().min(1).max(LONGEST_PAUSE))
  .min(1)
  .max(50)
  .describe("seconds that a provider which failed is left alone, step by step; the last one stays");
const Redirect = Address.describe("every mail goes there instead");
const Allowed = z
  .array(AddressOrDomain)
  .min(1)
  .max(1000)
  .describe("addresses, and domains as @example.com, that mail may go to; any when absent");

const NotifySender = z
  .boolean()
  .describe("who sent a mail is told, by mail, when recipients of it are given up (RFC 3464)");
/** Octets of a domain behind a local part of 64 in an address of 254 (RFC 5321 4.5.3.1). */
const MAX_RETURN_PATH = 189;

const Days = z.int().min(1).max(36_500);

const New = z.strictObject({
  id: Slug.describe("its name in the log and in addresses of the API, for ever"),
  name: Name,
  concurrency: Concurrency.default(20),
  retryLadder: RetryLadder.default([...DEFAULT_LADDER]),
  onAmbiguous: AmbiguityPolicy.default("retry"),
  breakerLadder: BreakerLadder.optional(),
  enforceSenderDomains: z
    .boolean()
    .default(true)
    .describe("MAIL FROM and From must lie in a verified domain of the tenant"),
  redirectTo: Redirect.optional(),
  allowedRecipients: Allowed.optional(),
  addTraceFields: z.boolean().optional(),
  notifySender: NotifySender.optional(),
});
const Patch = z.strictObject({
  name: Name.optional(),
  concurrency: Concurrency.optional().describe("only the platform may change it"),
  retryLadder: RetryLadder.optional(),
  onAmbiguous: AmbiguityPolicy.optional(),
  breakerLadder: BreakerLadder.nullable().optional(),
  enforceSenderDomains: z.boolean().optional().describe("only the platform may end it"),
  redirectTo: Redirect.nullable().optional(),
  allowedRecipients: Allowed.nullable().optional(),
  addTraceFields: z.boolean().nullable().optional(),
  returnPath: z
    .string()
    .min(1)
    .max(MAX_RETURN_PATH)
    .refine((text) => domainName(text) !== undefined, "write a domain such as bounce.example.com")
    .nullable()
    .optional()
    .describe("domain, within a verified one, to whose addresses mail sent by SMTP comes back")
    .meta({ examples: ["bounce.example.com"] }),
  notifySender: NotifySender.nullable().optional(),
  eventsDays: Days.nullable()
    .optional()
    .describe("days for which events are kept; no more than the operator's"),
  bodiesDays: Days.nullable()
    .optional()
    .describe("days for which the bytes of messages are kept; no more than the operator's"),
  defaultProvider: Line.min(1)
    .max(100)
    .nullable()
    .optional()
    .describe("id of the provider, its own or a system-wide one, of mail no rule decides on"),
});

/** @throws Problem forbidden when the patch has what is the platform's to set */
function checkFields(patch: z.infer<typeof Patch>, caller: Caller): void {
  if (runsPlatform(caller)) return;
  const isAsked = {
    concurrency: patch.concurrency !== undefined,
    enforceSenderDomains: patch.enforceSenderDomains === false,
  };
  const rule = "it takes the permission platform";
  const fields = Object.entries(isAsked).filter(([, asked]) => asked);
  const errors = fields.map(([field]) => ({ field, rule }));
  const detail = errors.map(({ field }) => `${field}: ${rule}`).join("; ");
  if (errors.length > 0) throw new Problem("forbidden", detail, { errors });
}

/** @throws Problem invalid_body when the patch names a provider that is neither the tenant's nor everybody's */
function checkProvider({ defaultProvider: id }: z.infer<typeof Patch>, tenant: string, deps: Deps) {
  if (id === undefined || id === null || isCarrier(deps.directory, tenant, id)) return;
  const errors = [{ field: "defaultProvider", rule: "nothing has that id" }];
  throw new Problem("invalid_body", "defaultProvider: nothing has that id", { errors });
}

/** @throws Problem invalid_body when mail would come back to a domain that is not shown to be the tenant's */
function checkReturnPath(domain: string | null | undefined, tenant: string, deps: Deps): void {
  if (typeof domain !== "string" || isSenderDomain(deps.directory, tenant, domain)) return;
  const rule = "it lies in no verified domain of the tenant";
  const errors = [{ field: "returnPath", rule }];
  throw new Problem("invalid_body", `returnPath: ${rule}`, { errors });
}

/** @throws Problem invalid_body when a tenant wants to keep for longer than the operator does */
function checkAges({ eventsDays, bodiesDays }: z.infer<typeof Patch>, { config }: Deps): void {
  const most = { eventsDays: config.WAYBILL_EVENTS_DAYS, bodiesDays: config.WAYBILL_BODIES_DAYS };
  const asked = { eventsDays: eventsDays ?? 0, bodiesDays: bodiesDays ?? 0 };
  const errors = (["eventsDays", "bodiesDays"] as const)
    .filter((field) => asked[field] > most[field])
    .map((field) => ({ field, rule: `at most ${most[field]}` }));
  const detail = errors.map(({ field, rule }) => `${field}: ${rule}`).join("; ");
  if (errors.length > 0) throw new Problem("invalid_body", detail, { errors });
}

/** Tenants: the platform's to make and to see; each sees, changes and ends itself. */
export const tenants: Resource<Tenant, z.infer<typeof New>, z.infer<typeof Patch>> = {
  kind: "tenant",
  path: "tenants",
  words: ["tenant", "tenants"],
  tag: "tenants",
  view: named("Tenant", Tenant.omit({ kind: true })),
  new: New,
  patch: Patch,
  read: "config:read",
  write: "config:write",
  may: { make: "platform", remove: "tenant:delete" },
  isIdFreed: false,
  show: ({ kind: _kind, ...shown }) => shown,
  home: ({ caller }, id = caller.tenant) => {
    if (id === caller.tenant || runsPlatform(caller)) return id;
    throw new Problem("not_found", "nothing has that id");
  },
  all: ({ caller, deps: { directory } }) =>
    runsPlatform(caller)
      ? directory.tenants().toReversed()
      : directory.entities(caller.tenant, "tenant"),
  make: (body, { deps }) => ({
    entity: { kind: "tenant", ...body, createdAt: deps.now().toISOString() },
  }),
  change: (tenant, patch, { caller, deps }) => {
    checkFields(patch, caller);
    checkProvider(patch, tenant.id, deps);
    checkAges(patch, deps);
    checkReturnPath(patch.returnPath, tenant.id, deps);
    const returnPath = patch.returnPath && domainName(patch.returnPath);
    return { entity: merged(tenant, { ...patch, ...(returnPath && { returnPath }) }) };
  },
  usedBy: ({ id }) => (id === PLATFORM ? ["the whole installation"] : []),
};
