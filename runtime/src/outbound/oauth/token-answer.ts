import type { Answer } from "../http-exchange.ts";
import { oneLine } from "../outbound-error.ts";

/** An access token as the endpoint gives it. */
export type Issued = {
  value: string;
  /** Milliseconds it is good for. */
  life: number;
  /** Takes the place of the one that was used (RFC 6749 6). */
  refreshToken?: string;
};

/**
 * Why there is no token. `retry`: the endpoint is away or busy; `auth`: it knows the client or the
 * grant no more; `config`: what was asked is not to be had there.
 */
export type NoToken = {
  kind: "retry" | "auth" | "config";
  why: string;
  /** As it came. */
  retryAfter?: string;
};

/** Milliseconds: of a token that says nothing of its life, and the longest that is believed. */
const LIFE = { unsaid: 300_000, longest: 86_400_000 };

/** Errors of RFC 6749 4.1.2.1 and 5.2, and those that Microsoft adds. Any other is taken by its status. */
const ERRORS: Record<string, NoToken["kind"]> = {
  invalid_client: "auth",
  invalid_grant: "auth",
  unauthorized_client: "auth",
  invalid_request: "auth",
  access_denied: "auth",
  interaction_required: "auth",
  consent_required: "auth",
  login_required: "auth",
  unsupported_grant_type: "config",
  invalid_scope: "config",
  invalid_resource: "config",
  server_error: "retry",
  temporarily_unavailable: "retry",
};

const TRANSIENT = new Set([408, 425, 429]);

/** `b64token` (RFC 6750 2.1), with what tokens of others hold; nothing that ends a header or a SASL field. */
const TOKEN = /^[\x21-\x7e]{1,16384}$/;

type Fields = Record<string, unknown>;

function fieldsOf(text: string): Fields {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

/** Some servers write the seconds as a text. */
function lifeOf({ expires_in: seconds }: Fields): number {
  const life = Number(typeof seconds === "string" ? seconds || NaN : seconds) * 1000;
  return Number.isFinite(life) && life > 0 ? Math.min(life, LIFE.longest) : LIFE.unsaid;
}

const isToken = (value: unknown): value is string => typeof value === "string" && TOKEN.test(value);

function issued(fields: Fields): Issued | NoToken {
  const { access_token: value, token_type: type = "bearer", refresh_token: refreshToken } = fields;
  const isBearer = typeof type === "string" && type.toLowerCase() === "bearer";
  if (!isToken(value) || !isBearer)
    return { kind: "retry", why: "the token endpoint's answer holds no bearer token" };
  return { value, life: lifeOf(fields), ...(isToken(refreshToken) ? { refreshToken } : {}) };
}

function kindOf(status: number, error: unknown): NoToken["kind"] {
  if (status >= 500 || TRANSIENT.has(status)) return "retry";
  if (status >= 300 && status < 400) return "config";
  const known = typeof error === "string" ? ERRORS[error] : undefined;
  return known ?? (status === 400 || status === 401 || status === 403 ? "auth" : "config");
}

const inForm = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);

/** Words without secrets: as they are, and as a form has them. */
function without(secrets: readonly string[], words: string): string {
  const spellings = secrets.flatMap((secret) => [secret, inForm(secret)]);
  return spellings.reduce((rest, one) => rest.replaceAll(one, "***"), words);
}

function refused(status: number, fields: Fields, secrets: readonly string[]): NoToken {
  const { error, error_description: description } = fields;
  const words = [error, description].filter((one) => typeof one === "string").join(": ");
  const why = oneLine(`the token endpoint answers ${status} ${without(secrets, words)}`);
  return { kind: kindOf(status, error), why };
}

/**
 * What a token endpoint's answer means. A request that was lost did no harm, so it is `retry` as one
 * that was not sent; and so is every outage, because only the endpoint's own words are about the login.
 * @param secrets what it was sent, and may repeat: not told
 */
export function readAnswer(answer: Answer, secrets: readonly string[] = []): Issued | NoToken {
  if (answer.kind !== "reply") {
    const isRefused = answer.kind === "unsent" && answer.refused;
    const why = oneLine(`the token endpoint: ${answer.why}`);
    return { kind: isRefused ? "config" : "retry", why };
  }
  const { status, headers, text } = answer;
  const fields = fieldsOf(text);
  if (status >= 200 && status < 300) return issued(fields);
  const retryAfter = headers["retry-after"];
  return {
    ...refused(status, fields, secrets),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}
