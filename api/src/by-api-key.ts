import { isOpen } from "@waybill/runtime";
import type { Authenticator } from "./auth.ts";
import { OF_SCOPE, SCOPES } from "./permissions.ts";

const KEY = /^wb_(?:live|test)_([^_\s]+)_\S+$/;

/** An API key's caller; the same work whatever is wrong with it. */
export const byApiKey: Authenticator = (deps, token, ip) => {
  const found = deps.directory.apiKey(KEY.exec(token)?.[1] ?? "");
  const known = deps.secrets.matches(token, found?.entity.hash);
  if (!known || found === undefined || !isOpen(found.entity, ip, deps.now())) return undefined;
  const { tenant, entity } = found;
  if (deps.directory.tenant(tenant) === undefined) return undefined;
  const may = new Set((entity.scopes ?? SCOPES).flatMap((scope) => OF_SCOPE[scope]));
  return { tenant, actor: `apikey:${entity.id}`, ip, may };
};
