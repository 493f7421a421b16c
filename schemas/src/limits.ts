import type { Credential } from "./control/machine.ts";
import type { Limits } from "./control/tenant.ts";

/** What a counter counts over, in UTC, before it begins again at 0. */
export type WindowUnit = "hour" | "day" | "month";

/** Whose messages a limit counts. */
export type LimitScope = "tenant" | "credential" | "user";

/** A limit of accepted messages in each window of its unit; `subject` is what the counter counts. */
export type MessageLimit = { scope: LimitScope; subject: string; unit: WindowUnit; max: number };

/** What the counters of a tenant count, as the subject of each. */
export const COUNTED = {
  tenant: "tenant",
  credential: (id: string): string => `credential:${id}`,
  user: (id: string): string => `user:${id}`,
  /** Notifications that are sent to a user. */
  notification: (user: string): string => `notification:${user}`,
} as const;

/** Notifications to one user in an hour, unless their tenant says otherwise. */
export const NOTIFICATIONS_PER_HOUR = 10;

type Rates = { hourly?: number | undefined; daily?: number | undefined };

const limit = (of: Omit<MessageLimit, "max">, max: number | undefined): MessageLimit[] =>
  max === undefined ? [] : [{ ...of, max }];

const rates = (scope: LimitScope, subject: string, { hourly, daily }: Rates): MessageLimit[] => [
  ...limit({ scope, subject, unit: "hour" }, hourly),
  ...limit({ scope, subject, unit: "day" }, daily),
];

/** The tenant's own limit of messages, if it has one. */
export const limitsOfTenant = ({ monthly }: Limits): MessageLimit[] =>
  limit({ scope: "tenant", subject: COUNTED.tenant, unit: "month" }, monthly);

/** A credential's limits: each its own, else the tenant's for every credential. */
export function limitsOfCredential(
  { id, limits }: Credential,
  { perCredential }: Pick<Limits, "perCredential">,
): MessageLimit[] {
  const hourly = limits?.hourly ?? perCredential?.hourly;
  const daily = limits?.daily ?? perCredential?.daily;
  return rates("credential", COUNTED.credential(id), { hourly, daily });
}

/** A user's limits, over all their credentials. */
export const limitsOfUser = (user: string, { perUser }: Pick<Limits, "perUser">): MessageLimit[] =>
  rates("user", COUNTED.user(user), perUser ?? {});

/** The limits that a message handed in with that credential, or with none, counts for. */
export const limitsOfMessage = (
  limits: Limits | undefined,
  credential: Credential | undefined,
): MessageLimit[] => [
  ...(limits === undefined ? [] : limitsOfTenant(limits)),
  ...(credential === undefined ? [] : limitsOfCredential(credential, limits ?? {})),
  ...(credential?.user === undefined ? [] : limitsOfUser(credential.user, limits ?? {})),
];
