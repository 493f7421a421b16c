import { z } from "zod";
import { HTTP_PROVIDERS } from "./http-provider.ts";
import { provider } from "./provider-base.ts";

const PasswordLogin = z.object({
  /** Absent: the first of those that the server offers, PLAIN before LOGIN. */
  method: z.enum(["PLAIN", "LOGIN"]).optional(),
  username: z.string(),
  sealedPassword: z.string(),
});

/** A login with an access token that an OAuth 2.0 endpoint gives (RFC 6749). */
const byToken = {
  method: z.literal("XOAUTH2"),
  username: z.string(),
  tokenUrl: z.string(),
  clientId: z.string(),
  scope: z.string().optional(),
};

const TokenLogin = z.discriminatedUnion("grant", [
  z.object({
    ...byToken,
    grant: z.literal("client_credentials"),
    sealedClientSecret: z.string(),
  }),
  z.object({
    ...byToken,
    grant: z.literal("refresh_token"),
    sealedRefreshToken: z.string(),
    /** A public client has none. */
    sealedClientSecret: z.string().optional(),
  }),
]);

/** An SMTP server that takes our mail. */
export const SmtpSettings = z.object({
  host: z.string(),
  port: z.int().min(1).max(65535),
  /** `implicit`: TLS from the first byte; `starttls`: required; `opportunistic`: if offered; `none`. */
  tls: z.enum(["implicit", "starttls", "opportunistic", "none"]),
  /** Verify the server's certificate. */
  verify: z.boolean(),
  auth: z.union([PasswordLogin, TokenLogin]).optional(),
  /** Milliseconds. */
  timeouts: z.object({ connect: z.int(), greeting: z.int(), socket: z.int() }).optional(),
});
export type SmtpSettings = z.infer<typeof SmtpSettings>;
export type PasswordLogin = z.infer<typeof PasswordLogin>;
export type TokenLogin = z.infer<typeof TokenLogin>;

export const SmtpProvider = z.object({
  ...provider,
  type: z.literal("smtp"),
  smtp: SmtpSettings,
  /**
   * Sequence of the fact that somebody set these with, where since then only the token endpoint has
   * replaced the refresh token: what was learnt of the provider is still true.
   */
  settingsSeq: z.int().optional(),
  /** Sender, and where answers go, of mail that the relay writes itself. */
  from: z.string().optional(),
  replyTo: z.string().optional(),
});
export type SmtpProvider = z.infer<typeof SmtpProvider>;

export const SandboxProvider = z.object({ ...provider, type: z.literal("sandbox") });
export type SandboxProvider = z.infer<typeof SandboxProvider>;

/** A way out: who carries mail. */
export const Provider = z.discriminatedUnion("type", [
  SmtpProvider,
  SandboxProvider,
  ...HTTP_PROVIDERS,
]);
export type Provider = z.infer<typeof Provider>;
