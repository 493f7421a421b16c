import { newMessageId as newId, randomToken } from "@waybill/runtime";
import { ApiKey, Scope } from "@waybill/schemas/shapes";
import { z } from "zod";
import { Problem } from "../errors.ts";
import { OF_SCOPE } from "../permissions.ts";
import { merged } from "../resource/merge.ts";
import type { Resource } from "../resource/resource.ts";
import { named } from "../shapes/named.ts";
import { changedAccess, LastUse, newAccess, prefixOf, withoutHash } from "./access.ts";
import { checkGift } from "./check-gift.ts";

const Scopes = z.array(Scope).min(1).max(Scope.options.length);
const New = z.strictObject({ ...newAccess, scopes: Scopes.default(["read"]) });
const Patch = z.strictObject({ ...changedAccess, scopes: Scopes.optional() });
const View = named(
  "ApiKey",
  ApiKey.omit({ kind: true, hash: true }).extend({ lastUsedAt: LastUse }),
);
const Shown = z.string().describe("shown this once");

const permissionsOf = (scopes: readonly Scope[] = []) => scopes.flatMap((one) => OF_SCOPE[one]);

/** @throws Problem invalid_body when a key for testing could make what is not for testing */
function checkTest(test: boolean | undefined, scopes: readonly Scope[] = []): void {
  if (test !== true || !scopes.includes("admin")) return;
  const rule = "a key for testing cannot have admin";
  throw new Problem("invalid_body", `scopes: ${rule}`, { errors: [{ field: "scopes", rule }] });
}

/** API keys: the key is in the answer that made it, and nowhere else. */
export const apiKeys: Resource<ApiKey, z.infer<typeof New>, z.infer<typeof Patch>> = {
  kind: "apikey",
  path: "api-keys",
  words: ["API key", "API keys"],
  tag: "keys",
  view: View,
  made: named("MadeApiKey", View.extend({ key: Shown.optional() })),
  new: New,
  patch: Patch,
  read: "config:write",
  write: "config:write",
  show: withoutHash,
  make: (body, { deps, caller }) => {
    checkTest(body.test, body.scopes);
    checkGift(permissionsOf(body.scopes), caller);
    const id = newId();
    const key = `${prefixOf(body.test)}${id}_${randomToken(24)}`;
    const hash = deps.secrets.hash(key);
    const entity = {
      kind: "apikey",
      id,
      hash,
      createdAt: deps.now().toISOString(),
      ...body,
    } as const;
    return { entity, once: { key } };
  },
  change: (key, patch, { caller }) => {
    checkTest(key.test, patch.scopes);
    checkGift(permissionsOf(patch.scopes), caller);
    return { entity: merged(key, patch) };
  },
};
