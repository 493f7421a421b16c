import { z } from "zod";
import { HTTP_PROVIDERS } from "./http-provider.ts";
import { provider } from "./provider-base.ts";

/** An SMTP server that takes our mail. */
export const SmtpSettings = z.object({
  host: z.string(),
  port: z.int().min(1).max(65535),
  /** `implicit`: TLS from the first byte; `starttls`: required; `opportunistic`: if offered; `none`. */
  tls: z.enum(["implicit", "starttls", "opportunistic", "none"]),
  /** Verify the server's certificate. */
  verify: z.boolean(),
  auth: z
    .object({
      /** Absent: the first of those that the server offers, PLAIN before LOGIN. */
      method: z.enum(["PLAIN", "LOGIN"]).optional(),
      username: z.string(),
      sealedPassword: z.string(),
    })
    .optional(),
  /** Milliseconds. */
  timeouts: z.object({ connect: z.int(), greeting: z.int(), socket: z.int() }).optional(),
});
export type SmtpSettings = z.infer<typeof SmtpSettings>;

export const SmtpProvider = z.object({
  ...provider,
  type: z.literal("smtp"),
  smtp: SmtpSettings,
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
