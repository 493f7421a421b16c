import { openHttpApi, type HttpService } from "../http-api.ts";
import { formOf, secretsOf, type Grant } from "./grant.ts";
import { inThisProcess, type KeptToken } from "./kept-token.ts";
import { readAnswer, type Issued, type NoToken } from "./token-answer.ts";
import { Tokens } from "./tokens.ts";

/** No token could be had; the message holds no secret. */
export class TokenError extends Error {
  readonly kind: NoToken["kind"];
  readonly retryAfter: string | undefined;

  constructor({ kind, why, retryAfter }: NoToken) {
    super(why);
    this.name = "TokenError";
    this.kind = kind;
    this.retryAfter = retryAfter;
  }
}

/** Where tokens come from, and the way there. */
type TokenService = Pick<HttpService, "outbound" | "isExempt" | "timeouts"> & {
  tokenUrl: string;
  grant: Grant;
  /** Where the refresh token is kept; in this process alone, by default. */
  kept?: KeptToken | undefined;
};

/** A login's tokens, and the connection they come over. */
export type OAuth = { tokens: Tokens; close(): void };

const HEADERS = {
  "content-type": "application/x-www-form-urlencoded",
  accept: "application/json",
};

/** What replaces a refresh token is kept before anything is done with what came along; one that another has replaced is not insisted on. */
async function refresh(
  askBy: (refreshToken: string) => Promise<Issued | NoToken>,
  kept: KeptToken,
  used: string,
): Promise<Issued | NoToken> {
  const read = await askBy(used);
  if ("kind" in read) {
    const other = read.kind === "auth" ? await kept.other(used) : undefined;
    return other === undefined ? read : refresh(askBy, kept, other);
  }
  const { refreshToken: next = used } = read;
  if (next !== used) await kept.replaced(used, next);
  return read;
}

/** Opens a login at a token endpoint (RFC 6749 3.2); nothing is asked before the first token is. */
export function openOAuth(service: TokenService): OAuth {
  const { tokenUrl, outbound, isExempt = false, timeouts = {} } = service;
  const { origin: baseUrl, pathname, search } = new URL(tokenUrl);
  const api = openHttpApi({ baseUrl, concurrency: 1, outbound, isExempt, timeouts });
  const { grant, kept = inThisProcess() } = service;
  const askWith = async (shown: Grant): Promise<Issued | NoToken> => {
    const path = `${pathname}${search}`;
    const answer = await api.ask({ method: "POST", path, headers: HEADERS, body: formOf(shown) });
    return readAnswer(answer, secretsOf(shown));
  };
  const askNow = async (): Promise<Issued | NoToken> => {
    if (grant.type === "client_credentials") return askWith(grant);
    const askBy = (refreshToken: string) => askWith({ ...grant, refreshToken });
    return kept.alone(() => refresh(askBy, kept, kept.newest() ?? grant.refreshToken));
  };
  const fetchOne = async (): Promise<Issued> => {
    const read = await askNow();
    if ("kind" in read) throw new TokenError(read);
    return read;
  };
  return { tokens: new Tokens(fetchOne, Date.now), close: () => api.close() };
}
