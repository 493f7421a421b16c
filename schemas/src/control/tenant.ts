import { z } from "zod";
import { Slug, Timestamp } from "../names.ts";

/** What a tenant wants done about an outcome nobody knows: at least once, or at most once. */
export const AmbiguityPolicy = z.enum(["retry", "deadletter"]);
export type AmbiguityPolicy = z.infer<typeof AmbiguityPolicy>;

/** Somebody whose mail is kept apart from everybody else's. */
export const Tenant = z.object({
  kind: z.literal("tenant"),
  id: Slug,
  name: z.string(),
  /** Messages of this tenant in delivery at once. */
  concurrency: z.int().min(1),
  /** Seconds between one attempt and the next; the message is a dead letter after the last. */
  retryLadder: z.array(z.number().min(0)),
  onAmbiguous: AmbiguityPolicy,
  /** Seconds that a provider which failed is left alone, the longer the more often it did; the last one stays. */
  breakerLadder: z.array(z.number().min(0)).min(1).optional(),
  /** MAIL FROM and From must lie in a verified domain of the tenant. */
  enforceSenderDomains: z.boolean().optional(),
  /** Id of the provider, its own or a system-wide one, of mail that no rule decides on. */
  defaultProvider: z.string().optional(),
  /** Every mail goes to this address instead of its recipients. */
  redirectTo: z.string().optional(),
  /** Addresses, and domains written `@example.com`, that mail may go to; any when absent. */
  allowedRecipients: z.array(z.string()).optional(),
  /** Mail that leaves carries fields that tell its tenant, id and original recipients. */
  addTraceFields: z.boolean().optional(),
  /** Domain of the return paths of mail that leaves by SMTP: what comes back to one is taken as a report. */
  returnPath: z.string().optional(),
  /** Who sent a mail is told, by mail, when recipients of it are given up. */
  notifySender: z.boolean().optional(),
  /** Days for which its events, and the bytes of its messages, are kept; as many as the operator's when absent. */
  eventsDays: z.int().min(1).optional(),
  bodiesDays: z.int().min(1).optional(),
  createdAt: Timestamp.optional(),
});
export type Tenant = z.infer<typeof Tenant>;

/** A domain a tenant says it sends from; mail from it counts once its owner has shown the token in DNS. */
export const Domain = z.object({
  kind: z.literal("domain"),
  /** The domain itself, in lower case and as A-labels (RFC 5890). */
  id: z.string(),
  token: z.string(),
  createdAt: Timestamp,
  verifiedAt: Timestamp.optional(),
});
export type Domain = z.infer<typeof Domain>;

const most = z.int().min(0).optional();

/**
 * How much a tenant may send; what is absent has no limit. One entity a tenant, with the id
 * `limits`.
 */
export const Limits = z.object({
  kind: z.literal("limits"),
  id: z.literal("limits"),
  /** Set by the platform: messages a calendar month (UTC), connections at once, recipients a message. */
  monthly: most,
  connections: most,
  recipients: most,
  /** Messages an hour and a day of each credential that has no limits of its own. */
  perCredential: z.object({ hourly: most, daily: most }).optional(),
  /** Messages an hour and a day of each user, over all their credentials. */
  perUser: z.object({ hourly: most, daily: most }).optional(),
});
export type Limits = z.infer<typeof Limits>;
