import { OutcomeClass } from "@waybill/schemas/shapes";
import type { Tried } from "../provider-health.ts";
import type { TenantView } from "../views.ts";
import { TRIED } from "./columns.ts";

/** A probe of the index for each class: the last success is found at once behind any number of failures. */
const LAST = `
  SELECT ${TRIED} FROM unnest($3::text[]) AS of(class)
  CROSS JOIN LATERAL (
    SELECT seq, attempts.class, response, attempts.at FROM attempts
    WHERE tenant = $1 AND provider = $2 AND attempts.class = of.class
    ORDER BY seq DESC LIMIT $4
  ) AS last
  ORDER BY last.seq DESC`;

/** The last attempts of a tenant by a provider, up to so many of each class, the newest first. */
export async function lastAttempts(
  { tx, tenant }: TenantView,
  provider: string,
  ofEach: number,
): Promise<Tried[]> {
  return (await tx.query<Tried>(LAST, [tenant, provider, OutcomeClass.options, ofEach])).rows;
}
