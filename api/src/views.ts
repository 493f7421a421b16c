import { type Tx, withTenant } from "@waybill/runtime/postgres";
import type { Deps } from "./deps.ts";

/** A transaction in which row-level security shows one tenant's rows; each query names it again. */
export type TenantView = { tenant: string; tx: Tx };

/** Reads the views in one transaction, as a tenant sees them. */
export const asTenant = <T>(
  { pool }: Deps,
  tenant: string,
  read: (view: TenantView) => Promise<T>,
): Promise<T> => withTenant(pool, tenant, (tx) => read({ tenant, tx }));
