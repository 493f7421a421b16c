import type { Caller } from "../auth.ts";
import type { Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { placeOf } from "./place.ts";
import { over } from "./refresh.ts";
import { accessTo } from "./tokens.ts";

/** Times the session is read again because it was refreshed meanwhile. */
const TRIES = 5;

/** Moves a person's session to another of their tenants. @throws Problem forbidden | session_over */
export async function switchTenant(deps: Deps, { user, session }: Caller, tenant: string) {
  const at = deps.now().getTime();
  const place = placeOf(deps, user ?? "", tenant);
  if (place === undefined) throw new Problem("forbidden", "you are not a member of that tenant");
  const id = session ?? "";
  await move(deps, id, tenant, TRIES);
  return accessTo(deps, place, id, at);
}

async function move(deps: Deps, id: string, tenant: string, tries: number): Promise<void> {
  const found = await deps.sessions.read(id);
  if (found === undefined) throw over();
  const moved = { ...found.session, tenant };
  if (await deps.sessions.replace(id, moved, found.version)) return;
  if (tries === 1) throw new Problem("conflict", "the session changes all the time");
  await move(deps, id, tenant, tries - 1);
}
