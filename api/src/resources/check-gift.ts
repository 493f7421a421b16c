import type { Caller } from "../auth.ts";
import { Problem } from "../errors.ts";
import { OF_PERSONS, type Permission } from "../permissions.ts";

/**
 * Nobody gives more than they have, or a key that may not read mail would make itself one that may.
 * What only a person has is given with any role.
 * @throws Problem forbidden
 */
export function checkGift(given: readonly Permission[], { may }: Caller): void {
  const beyond = given.find((one) => !may.has(one) && !OF_PERSONS.includes(one));
  if (beyond === undefined) return;
  throw new Problem("forbidden", `to give the permission ${beyond} takes having it`);
}
