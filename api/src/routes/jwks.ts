import type { App, Deps } from "../deps.ts";
import { ALGORITHM, livingKeys } from "../session/signing-keys.ts";
import { json } from "../shapes/named.ts";
import { KeySet } from "../shapes/session.ts";

const schema = {
  summary: "The keys that access tokens are signed with",
  description: "A key is here before it signs, and for as long as a token of it may live.",
  tags: ["session"],
  security: [],
  response: { 200: json("A key set (RFC 7517), the newest key first", KeySet) },
};

export function jwksRoute(app: App, deps: Deps): void {
  app.get("/.well-known/jwks.json", { schema }, async () => ({
    keys: livingKeys(deps).map(({ id: kid, publicKey }) => ({
      ...publicKey,
      kid,
      alg: ALGORITHM,
      use: "sig",
    })),
  }));
}
