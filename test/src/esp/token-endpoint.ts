import { startEmulator, type Asked, type Emulator, type Said } from "./emulator.ts";

/** A token endpoint that replaces the refresh token at each use, and knows the newest alone. */
export type TokenEndpoint = Emulator & {
  /** Whether it gave that access token. */
  gave(accessToken: string): boolean;
  /** Refresh tokens it was shown, in order, and what it said. */
  shown: [refreshToken: string, status: number][];
};

const INVALID: Said = { status: 400, json: { error: "invalid_grant" } };

/** Starts one whose first refresh token is `s3cret-refresh-1`, and whose access tokens are used up at once. */
export async function startTokenEndpoint(): Promise<TokenEndpoint> {
  const [given, shown] = [new Set<string>(), [] as [string, number][]];
  let at = 1;
  const nameOf = (kind: string) => `s3cret-${kind}-${at}`;
  const answer = (refreshToken: string): Said => {
    if (refreshToken !== nameOf("refresh")) return INVALID;
    at += 1;
    given.add(nameOf("access"));
    const json = {
      access_token: nameOf("access"),
      expires_in: 1,
      refresh_token: nameOf("refresh"),
    };
    return { status: 200, json };
  };
  const handle = ({ body }: Asked): Said => {
    const token = new URLSearchParams(body.toString()).get("refresh_token") ?? "";
    const said = answer(token);
    shown.push([token, said.status]);
    return said;
  };
  return { ...(await startEmulator(handle)), shown, gave: (token) => given.has(token) };
}
