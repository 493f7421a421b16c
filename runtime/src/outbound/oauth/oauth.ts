import { openHttpApi, type HttpService } from "../http-api.ts";
import { formOf, secretsOf, type Grant } from "./grant.ts";
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
};

/** A login's tokens, and the connection they come over. */
export type OAuth = { tokens: Tokens; close(): void };

const HEADERS = {
  "content-type": "application/x-www-form-urlencoded",
  accept: "application/json",
};

/** Opens a login at a token endpoint (RFC 6749 3.2); nothing is asked before the first token is. */
export function openOAuth(service: TokenService): OAuth {
  const { tokenUrl, outbound, isExempt = false, timeouts = {} } = service;
  const { origin: baseUrl, pathname, search } = new URL(tokenUrl);
  const api = openHttpApi({ baseUrl, concurrency: 1, outbound, isExempt, timeouts });
  let { grant } = service;
  const fetchOne = async (): Promise<Issued> => {
    const path = `${pathname}${search}`;
    const answer = await api.ask({ method: "POST", path, headers: HEADERS, body: formOf(grant) });
    const read = readAnswer(answer, secretsOf(grant));
    if ("kind" in read) throw new TokenError(read);
    if (grant.type === "refresh_token" && read.refreshToken !== undefined)
      grant = { ...grant, refreshToken: read.refreshToken };
    return read;
  };
  return { tokens: new Tokens(fetchOne, Date.now), close: () => api.close() };
}
