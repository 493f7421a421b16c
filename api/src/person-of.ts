import { callerOf, type Caller } from "./auth.ts";
import { Problem } from "./errors.ts";

/** A caller who is a person of ours: others have no settings of their own. @throws Problem forbidden */
export function personOf(caller: Caller | null): Caller & { user: string } {
  const by = callerOf(caller);
  const { user } = by;
  if (user === undefined) throw new Problem("forbidden", "it takes a person who logged in");
  return { ...by, user };
}
