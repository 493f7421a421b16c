/** The one sentence for a host that is refused, unknown or silent: they must not be told apart. */
export const NOT_REACHED = "the host cannot be reached or is not allowed";

/** Longest words of others that are passed on. */
const LONGEST = 200;

/** Words of others as one line without control characters, cut to length. */
export const oneLine = (words: string): string =>
  words
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim()
    .slice(0, LONGEST);

/**
 * Why there is no connection. `refused`: the address is not allowed; `unreachable`: no address, or
 * nobody there; `tls`: somebody is, without the TLS that was asked for. The message is public, the
 * cause is for the log.
 */
export class OutboundError extends Error {
  readonly kind: "refused" | "unreachable" | "tls";

  constructor(kind: OutboundError["kind"], cause: Error) {
    super(kind === "tls" ? `TLS failed: ${oneLine(cause.message)}` : NOT_REACHED, { cause });
    this.name = "OutboundError";
    this.kind = kind;
  }
}
