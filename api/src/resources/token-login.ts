import type { TokenLogin } from "@waybill/schemas";
import { merged } from "../resource/merge.ts";
import type { ChangedAuth } from "./login-shapes.ts";
import { broken, type Seal } from "./sealing.ts";

/** @throws Problem invalid_body */
function needed<T>(field: string, ...values: (T | undefined)[]): T {
  const value = values.find((one) => one !== undefined);
  if (value === undefined) throw broken(`auth.${field}`, "a login by XOAUTH2 needs one");
  return value;
}

/** A secret after a patch: as it was when absent, none when null. */
async function sealedAfter(
  before: string | undefined,
  patch: string | null | undefined,
  seal: Seal,
): Promise<string | undefined> {
  if (patch === undefined) return before;
  return patch === null ? undefined : seal(patch);
}

/** A login by token after a patch; what it was before counts when it was one. @throws Problem invalid_body */
export async function changedTokenLogin(
  before: TokenLogin | undefined,
  patch: ChangedAuth,
  seal: Seal,
): Promise<TokenLogin> {
  if (patch.password !== undefined) throw broken("auth.password", "a login by XOAUTH2 has none");
  const grant = needed("grant", patch.grant, before?.grant);
  const plain = {
    method: "XOAUTH2" as const,
    username: needed("username", patch.username, before?.username),
    tokenUrl: needed("tokenUrl", patch.tokenUrl, before?.tokenUrl),
    clientId: needed("clientId", patch.clientId, before?.clientId),
  };
  const scope = patch.scope === undefined ? before?.scope : (patch.scope ?? undefined);
  const secret = await sealedAfter(before?.sealedClientSecret, patch.clientSecret, seal);
  if (grant === "client_credentials") {
    if (patch.refreshToken !== undefined)
      throw broken("auth.refreshToken", "client_credentials has none");
    return merged(
      { ...plain, grant, sealedClientSecret: needed("clientSecret", secret) },
      { scope },
    );
  }
  const held = before?.grant === "refresh_token" ? before.sealedRefreshToken : undefined;
  const sealedRefreshToken = needed(
    "refreshToken",
    await sealedAfter(held, patch.refreshToken, seal),
  );
  return merged({ ...plain, grant, sealedRefreshToken }, { scope, sealedClientSecret: secret });
}
