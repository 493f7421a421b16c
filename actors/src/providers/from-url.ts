import type { SmtpProvider, SmtpSettings } from "@waybill/schemas";
import { StartError } from "@waybill/runtime";

const HINT =
  "WAYBILL_RELAY_URL looks like smtps://user:password@mail.example.com:465 or smtp://127.0.0.1:25";

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || host.startsWith("127.");

/** Without a login, TLS is used when offered and not verified (RFC 7435); a login goes over verified TLS, or stays on this machine. */
function tlsOf(url: URL): Pick<SmtpSettings, "tls" | "verify"> {
  if (url.protocol === "smtps:") return { tls: "implicit", verify: !isLoopback(url.hostname) };
  const needsPrivacy = url.username !== "" && !isLoopback(url.hostname);
  return needsPrivacy ? { tls: "starttls", verify: true } : { tls: "opportunistic", verify: false };
}

function parse(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !["smtp:", "smtps:"].includes(url.protocol) || url.hostname === "") {
    throw new StartError("WAYBILL_RELAY_URL is not an SMTP URL", HINT);
  }
  return url;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new StartError("WAYBILL_RELAY_URL has a % in its login that encodes nothing", HINT);
  }
}

/**
 * The system-wide provider that an operator names by URL.
 * @throws StartError without the URL's text, which may hold a password
 */
export function providerFromUrl(
  text: string,
  concurrency: number,
  seal: (secret: string) => string,
): SmtpProvider {
  const url = parse(text);
  const username = decode(url.username);
  const sealedPassword = seal(decode(url.password));
  return {
    kind: "provider",
    type: "smtp",
    id: "environment",
    name: "WAYBILL_RELAY_URL",
    concurrency,
    smtp: {
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port) || (url.protocol === "smtps:" ? 465 : 25),
      ...tlsOf(url),
      ...(username === "" ? {} : { auth: { method: "PLAIN" as const, username, sealedPassword } }),
    },
  };
}
