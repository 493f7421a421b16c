import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

/** An OpenID Connect provider on loopback: discovery, keys, and tokens as a test wants them. */
export async function startOidcProvider() {
  const keys = new Map<string, Pair>();
  const asked: string[] = [];
  const state = { isAway: false, issuer: "" };
  const published = async () => ({
    keys: await Promise.all(
      [...keys].map(async ([kid, { publicKey }]) => ({ ...(await exportJWK(publicKey)), kid })),
    ),
  });
  const answerTo = async (url: string): Promise<object | undefined> => {
    if (url === "/.well-known/openid-configuration")
      return { issuer: state.issuer, jwks_uri: `${state.issuer}/keys` };
    return url === "/keys" ? published() : undefined;
  };
  const answer = async (url: string, response: ServerResponse) => {
    const body = await answerTo(url);
    response.statusCode = state.isAway ? 503 : body === undefined ? 404 : 200;
    response.end(JSON.stringify(body ?? {}));
  };
  const server = createServer(({ url = "" }, response) => {
    asked.push(url);
    void answer(url, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  state.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pairOf = (kid: string) => {
    const pair = keys.get(kid);
    if (pair === undefined) throw new Error(`there is no key ${kid}`);
    return pair;
  };
  return {
    state,
    issuer: state.issuer,
    /** The paths that were asked for. */
    asked,
    pairOf,
    rotate: async (kid: string) => {
      keys.clear();
      keys.set(kid, await generateKeyPair("RS256", { extractable: true }));
    },
    sign: (kid: string, payload: JWTPayload) =>
      new SignJWT(payload).setProtectedHeader({ alg: "RS256", kid }).sign(pairOf(kid).privateKey),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
