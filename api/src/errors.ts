/**
 * Every error the API answers with, closed (RFC 9457). The code is stable: clients may switch on it.
 * `docs/errors.md` holds the same list; a test compares them.
 */
export const ERRORS = {
  invalid_request: { status: 400, title: "A field or parameter breaks a rule" },
  malformed_request: { status: 400, title: "The request cannot be parsed" },
  bad_cursor: { status: 400, title: "The cursor was not made for this list" },
  unauthenticated: { status: 401, title: "A valid API key or access token is needed" },
  hook_forged: { status: 401, title: "The call is not signed as its webhook demands" },
  wrong_login: { status: 401, title: "The email address or the password is wrong" },
  session_over: { status: 401, title: "The session is over" },
  forbidden: { status: 403, title: "The caller may not do this" },
  hook_refused: { status: 403, title: "The call is signed, and not taken" },
  not_found: { status: 404, title: "There is no such thing" },
  unknown_route: { status: 404, title: "There is no such route" },
  method_not_allowed: { status: 405, title: "The route does not take this method" },
  hook_rejected: { status: 406, title: "The call is signed, and not taken however often it comes" },
  request_timeout: { status: 408, title: "The request took too long to arrive" },
  conflict: { status: 409, title: "It was changed meanwhile, or is there already" },
  in_use: { status: 409, title: "Something else uses it" },
  unfinished: { status: 409, title: "A message has recipients that have not ended yet" },
  not_verified: { status: 409, title: "DNS does not show the record that verifies it" },
  body_gone: { status: 410, title: "The message's bytes are not kept any more" },
  body_too_large: { status: 413, title: "The request's body is too large" },
  too_many_events: { status: 413, title: "The call tells of too many events" },
  unsupported_media_type: { status: 415, title: "The request's body is not JSON" },
  invalid_body: { status: 422, title: "A field of the body breaks a rule" },
  too_many_attempts: { status: 429, title: "Too many logins failed" },
  rate_limited: { status: 429, title: "Too many of these requests" },
  headers_too_large: { status: 431, title: "The request's header is too large" },
  internal: { status: 500, title: "Something unforeseen went wrong" },
  not_ready: { status: 503, title: "A part the relay needs is away" },
  timeout: { status: 503, title: "The answer took too long to find" },
  unavailable: { status: 503, title: "The log, the database or DNS does not answer" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** One field, or parameter, and the rule it breaks. */
export type FieldError = { field: string; rule: string };

type Extras = {
  errors?: FieldError[];
  /** Of a conflict: the version there is. */
  version?: number;
  headers?: Record<string, string>;
  cause?: unknown;
};

/** Seconds after which a client may ask again when a part is away. */
const RETRY_AFTER = "5";

/** An error a client is told, in public words; what caused it goes to the log only. */
export class Problem extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly #more: Pick<Extras, "errors" | "version">;

  constructor(code: ErrorCode, detail: string, { headers, cause, ...more }: Extras = {}) {
    super(detail, { cause });
    this.name = "Problem";
    this.code = code;
    this.status = ERRORS[code].status;
    this.headers =
      this.status === 503 ? { "retry-after": RETRY_AFTER, ...headers } : { ...headers };
    this.#more = more;
  }

  /** The problem details object of RFC 9457. */
  body() {
    const { code, status, message: detail } = this;
    const type = `urn:waybill:error:${code}`;
    return { type, title: ERRORS[code].title, status, detail, code, ...this.#more };
  }
}
