import type { Socket } from "node:net";
import { callbackify, promisify } from "node:util";
import {
  grantOf,
  type KeptToken,
  openOAuth,
  type Tokens,
  XOAUTH2,
  xoauth2,
} from "@waybill/runtime/outbound";
import type { PasswordLogin, TokenLogin } from "@waybill/schemas";
import type { Reach } from "./http/reach.ts";

/** How a token endpoint is reached, and where a refresh token is kept that it replaces. */
export type LoginReach = Reach & { kept?: KeptToken | undefined };

/** How the pool gets a connection; without one it makes its own. */
type Connected = { connection: Socket; secured: boolean; host: string };
type Done = (error: Error | null, connected: Connected | false) => void;
type GetSocket = (options: object, done: Done) => void;

/** The pool makes its own. */
const ownSocket: GetSocket = (_options, done) => setImmediate(done, null, false);

/** What a login adds to the options of the pool, and to the way its connections are made. */
export type Login = {
  options: object;
  /** Sees to what a login needs before a connection is made. */
  before(getSocket: GetSocket | undefined): GetSocket | undefined;
  close(): void;
};

const nothing = { before: (getSocket: GetSocket | undefined) => getSocket, close: () => undefined };

function byPassword(
  { username: user, method, sealedPassword }: PasswordLogin,
  open: OpenSecret,
): Login {
  const auth = { user, pass: open(sealedPassword), ...(method && { method }) };
  return { ...nothing, options: { auth } };
}

type OpenSecret = (sealed: string) => string;

/** A connection is made only once there is a token, so that an endpoint's outage is none of the server's. */
const afterToken = (tokens: Tokens, getSocket: GetSocket = ownSocket): GetSocket =>
  callbackify(async (options: object) => {
    await tokens.get();
    return promisify(getSocket)(options);
  });

function byToken(login: TokenLogin, open: OpenSecret, reach: LoginReach): Login {
  const { username: user, tokenUrl } = login;
  const oauth = openOAuth({ ...reach, tokenUrl, grant: grantOf(login, open) });
  const customAuth = { [XOAUTH2]: xoauth2(user, oauth.tokens) };
  return {
    options: { auth: { user, method: XOAUTH2 }, customAuth },
    before: (getSocket) => afterToken(oauth.tokens, getSocket),
    close: () => oauth.close(),
  };
}

/** Opens the login of an SMTP server. @param reach of the token endpoint that a login may name */
export function openLogin(
  login: PasswordLogin | TokenLogin | undefined,
  open: OpenSecret,
  reach: LoginReach | undefined,
): Login {
  if (login === undefined) return { ...nothing, options: {} };
  if (login.method !== "XOAUTH2") return byPassword(login, open);
  if (reach === undefined) throw new Error("there is no way to a token endpoint");
  return byToken(login, open, reach);
}
