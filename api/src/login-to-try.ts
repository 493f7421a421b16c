import {
  grantOf,
  type KeptToken,
  openOAuth,
  type SmtpTarget,
  TokenError,
  type Verdict,
} from "@waybill/runtime/outbound";
import { PLATFORM, type PasswordLogin, type TokenLogin } from "@waybill/schemas";
import type { Deps } from "./deps.ts";

type Failed = Extract<Verdict, { success: false }>;
type Login = NonNullable<SmtpTarget["auth"]>;

/** Milliseconds. */
const TIMEOUTS = { connect: 5000, headers: 5000, body: 5000, whole: 7000 };

const SEALED: Failed = {
  success: false,
  code: "auth",
  message: "the stored password cannot be opened here: set it again",
};

const withoutToken = ({ kind, message }: TokenError): Failed => ({
  success: false,
  code: kind === "auth" ? "auth" : "unreachable",
  message,
});

async function tokenLogin(
  { outbound }: Deps,
  tenant: string,
  login: TokenLogin,
  open: (sealed: string) => string,
  kept: KeptToken | undefined,
): Promise<Login | Failed> {
  const { method, username, tokenUrl } = login;
  const way = { outbound, isExempt: tenant === PLATFORM, timeouts: TIMEOUTS };
  const oauth = openOAuth({ ...way, tokenUrl, grant: grantOf(login, open), kept });
  try {
    return { method, username, password: await oauth.tokens.get() };
  } catch (error) {
    if (error instanceof TokenError) return withoutToken(error);
    throw error;
  } finally {
    oauth.close();
  }
}

/**
 * A login as it is sent, with an access token where it needs one; or why there is none.
 * @param open opens what is sealed in it
 * @param kept where its refresh token is kept, when it is a saved one
 */
export async function loginToTry(
  deps: Deps,
  tenant: string,
  login: PasswordLogin | TokenLogin,
  open: (sealed: string) => string,
  kept?: KeptToken,
): Promise<Login | Failed> {
  const sealed = new Error("a secret is sealed under another key");
  const tryOpen = (text: string): string => {
    try {
      return open(text);
    } catch (error) {
      deps.log.warn({ err: error }, "a provider's password cannot be opened");
      throw sealed;
    }
  };
  try {
    if (login.method === "XOAUTH2") return await tokenLogin(deps, tenant, login, tryOpen, kept);
    const { method, username, sealedPassword } = login;
    return { method, username, password: tryOpen(sealedPassword) };
  } catch (error) {
    if (error === sealed) return SEALED;
    throw error;
  }
}
