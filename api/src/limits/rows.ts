import { quotasAt, type Directory, type Quota } from "@waybill/runtime";
import {
  encodeToken,
  limitsOfCredential,
  limitsOfTenant,
  limitsOfUser,
  type Credential,
  type Limits,
} from "@waybill/schemas";
import type { LimitUse } from "../shapes/limits.ts";

/** A limit of a tenant; by `id`, the tenant's own come first, then its credentials', then its users'. */
export type Row = { id: string } & Pick<
  LimitUse,
  "scope" | "subject" | "name" | "counts" | "limit"
> & {
    /** What is counted up for it, if anything is. */
    quota?: Quota;
  };

const RANK = { tenant: 0, credential: 1, user: 2 } as const;

const usersOf = (credentials: readonly Credential[]): string[] => [
  ...new Set(credentials.map(({ user }) => user).filter((user) => user !== undefined)),
];

function countedRow(directory: Directory, quota: Quota): Row {
  const { tenant } = quota;
  const { scope, subject: counter, max: limit, unit } = quota;
  const subject = scope === "tenant" ? tenant : counter.slice(`${scope}:`.length);
  const id = encodeToken(`${RANK[scope]}:${subject}:${unit}`);
  const login =
    scope === "credential" ? directory.find(tenant, "credential", subject)?.entity : undefined;
  const named = login?.name === undefined ? {} : { name: login.name };
  return { id, scope, subject, ...named, counts: "messages", limit, quota };
}

function atOnce(tenant: string, limits: Limits): Row[] {
  const row = (counts: "connections" | "recipients"): Row[] => {
    const limit = limits[counts];
    const id = encodeToken(`${RANK.tenant}:${tenant}:${counts}`);
    return limit === undefined ? [] : [{ id, scope: "tenant", subject: tenant, counts, limit }];
  };
  return [...row("connections"), ...row("recipients")];
}

/** Every limit that is set for a tenant, its credentials and the users of these, by id. */
export function rowsOf(directory: Directory, tenant: string, now: Date): Row[] {
  const limits = directory.limits(tenant) ?? { kind: "limits", id: "limits" };
  const credentials = directory.entities(tenant, "credential");
  const counted = [
    ...limitsOfTenant(limits),
    ...credentials.flatMap((one) => limitsOfCredential(one, limits)),
    ...usersOf(credentials).flatMap((user) => limitsOfUser(user, limits)),
  ];
  const rows = quotasAt(tenant, counted, now).map((quota) => countedRow(directory, quota));
  return [...atOnce(tenant, limits), ...rows].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
