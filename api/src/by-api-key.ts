import { isOpen } from "@waybill/runtime";
import { type ApiKey, PLATFORM } from "@waybill/schemas";
import type { Authenticator } from "./auth.ts";
import { OF_PLATFORM, OF_SCOPE, type Permission, SCOPES } from "./permissions.ts";

const KEY = /^wb_(?:live|test)_([^_\s]+)_\S+$/;

/** What a key's scopes open; `admin` of the platform's own keys is the whole installation. */
function permissionsOf(tenant: string, { scopes = SCOPES }: ApiKey): readonly Permission[] {
  const isPlatform = tenant === PLATFORM && scopes.includes("admin");
  return isPlatform ? OF_PLATFORM : scopes.flatMap((scope) => OF_SCOPE[scope]);
}

/** An API key's caller; the same work whatever is wrong with it. */
export const byApiKey: Authenticator = (deps, token, ip) => {
  const found = deps.directory.apiKey(KEY.exec(token)?.[1] ?? "");
  const known = deps.secrets.matches(token, found?.entity.hash);
  if (!known || found === undefined || !isOpen(found.entity, ip, deps.now())) return undefined;
  const { tenant, entity } = found;
  if (deps.directory.tenant(tenant) === undefined) return undefined;
  deps.uses.note(tenant, "apikey", entity.id);
  const may = new Set(permissionsOf(tenant, entity));
  return { tenant, actor: `apikey:${entity.id}`, ip, may };
};
