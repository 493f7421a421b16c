import type { Entity } from "@waybill/schemas";
import { ownFact, putEntity } from "../control.ts";
import type { Directory, Held } from "../directory.ts";
import type { Nats } from "../nats.ts";

/** The log, and its configuration as of now. */
export type Books = { nats: Nats; directory: Directory };

/** Keeps an entity's new state, or null for its end, unless it changed meanwhile. @throws ControlConflict | LogUnavailable */
export async function change(
  { nats, directory }: Books,
  { tenant, entity, seq }: Held,
  now: Entity | null,
  reason: string,
): Promise<void> {
  const fact = { ...ownFact(tenant, entity, reason), entity: now };
  await directory.reached(await putEntity(nats, fact, seq));
}

/** What it is, for an operator. */
export const nameOf = ({ tenant, entity }: Held): string =>
  `${entity.kind} ${entity.id} of the tenant ${tenant}`;
