import type { TokenLogin } from "@waybill/schemas";
import type { Grant } from "./grant.ts";

/** The grant that a login names. @throws what opening its secrets throws */
export function grantOf(login: TokenLogin, open: (sealed: string) => string): Grant {
  const { clientId, scope } = login;
  if (login.grant === "client_credentials") {
    const clientSecret = open(login.sealedClientSecret);
    return { type: login.grant, clientId, scope, clientSecret };
  }
  const { grant: type, sealedClientSecret, sealedRefreshToken } = login;
  const clientSecret = sealedClientSecret === undefined ? undefined : open(sealedClientSecret);
  return { type, clientId, scope, clientSecret, refreshToken: open(sealedRefreshToken) };
}
