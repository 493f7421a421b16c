import { z } from "zod";
import { provider } from "./provider-base.ts";

const overHttp = {
  ...provider,
  /** The key, token or password of the account. */
  sealedSecret: z.string(),
  /** Another than the service's own: of a region, a private endpoint. No slash at its end. */
  baseUrl: z.string().optional(),
};

/** The SMTP endpoint of a service whose HTTP interface cannot carry every message. */
const byEither = {
  /** `http`: by SMTP only what HTTP cannot carry unchanged; `smtp`: all of it. */
  lane: z.enum(["http", "smtp"]),
  /** Another endpoint than the service's own. */
  smtp: z
    .object({
      host: z.string(),
      port: z.int().min(1).max(65535),
      tls: z.enum(["implicit", "starttls", "none"]),
    })
    .optional(),
};

export const SendgridProvider = z.object({ ...overHttp, type: z.literal("sendgrid"), ...byEither });
export type SendgridProvider = z.infer<typeof SendgridProvider>;

export const PostmarkProvider = z.object({
  ...overHttp,
  type: z.literal("postmark"),
  ...byEither,
  messageStream: z.string().optional(),
});
export type PostmarkProvider = z.infer<typeof PostmarkProvider>;

export const ResendProvider = z.object({ ...overHttp, type: z.literal("resend"), ...byEither });
export type ResendProvider = z.infer<typeof ResendProvider>;

export const SesProvider = z.object({
  ...overHttp,
  type: z.literal("ses"),
  region: z.string(),
  accessKeyId: z.string(),
  configurationSet: z.string().optional(),
});
export type SesProvider = z.infer<typeof SesProvider>;

export const MailgunProvider = z.object({
  ...overHttp,
  type: z.literal("mailgun"),
  domain: z.string(),
});
export type MailgunProvider = z.infer<typeof MailgunProvider>;

export const MsgraphProvider = z.object({
  ...overHttp,
  type: z.literal("msgraph"),
  /** The tenant of Microsoft Entra ID, by id or domain. */
  directory: z.string(),
  clientId: z.string(),
  /** Whose mail it is: a user's principal name or id. */
  mailbox: z.string(),
  /** Another than that of the directory. */
  tokenUrl: z.string().optional(),
});
export type MsgraphProvider = z.infer<typeof MsgraphProvider>;

/** Providers that are reached over HTTP. */
export const HTTP_PROVIDERS = [
  SendgridProvider,
  PostmarkProvider,
  ResendProvider,
  SesProvider,
  MailgunProvider,
  MsgraphProvider,
] as const;
