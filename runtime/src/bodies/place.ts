import { MESSAGE_ID, SLUG } from "@waybill/schemas";
import type { BodyOwner } from "./store.ts";

/**
 * The name of a body in a store: a ULID and a slug, and nothing that somebody outside may choose.
 * Names sort by the time of acceptance, and no tenant names another's. @throws RangeError
 */
export function bodyName({ tenant, messageId }: BodyOwner): string {
  if (!MESSAGE_ID.test(messageId) || !SLUG.test(tenant))
    throw new RangeError("a body is named by the id of its message and of its tenant");
  return `${messageId}.${tenant}`;
}

/** Whose body a name names; undefined when it is no such name. */
export function ownerOf(name: string): BodyOwner | undefined {
  const [messageId = "", tenant = "", ...rest] = name.split(".");
  const isName = rest.length === 0 && MESSAGE_ID.test(messageId) && SLUG.test(tenant);
  return isName ? { tenant, messageId } : undefined;
}
