import { Timestamp, UserSmtp } from "@waybill/schemas/shapes";
import { z } from "zod";
import { Password, Username } from "../resources/login-shapes.ts";
import { Host, Port } from "./mail-host.ts";
import { named } from "./named.ts";

/** A person's own SMTP server, as they give it. */
export const UserSmtpServer = z.strictObject({
  host: Host,
  port: Port,
  secure: z
    .boolean()
    .optional()
    .describe(
      "TLS from the first byte, as always on port 465; otherwise STARTTLS if it is offered",
    ),
  user: Username,
  pass: Password,
});
export type UserSmtpServer = z.infer<typeof UserSmtpServer>;

const { host, port, secure, user, updatedAt, updatedBy } = UserSmtp.shape;

export const UserSmtpSettings = named(
  "UserSmtpSettings",
  z.object({
    host: host.nullable(),
    port: port.nullable(),
    secure: secure.nullable(),
    user: user.nullable(),
    hasPassword: z.boolean(),
    isGlobal: z.boolean().describe("there are none; whose server carries the mail is not told"),
  }),
);

export const UserSmtpSaved = z.object({
  message: z.literal("SMTP settings saved successfully"),
  settings: z.object({ host, port, secure, user, updatedAt, updatedBy }),
});

export const UserSmtpRemoved = z.object({
  message: z.literal("SMTP settings removed. System will use global SMTP settings."),
});

export const UserSmtpWorks = z.object({
  success: z.literal(true),
  message: z.literal("SMTP connection test successful"),
});

export const UserSmtpFails = z.object({
  success: z.literal(false),
  error: z.string().describe("begins with `SMTP connection test failed: `"),
});

const Count = z.int().min(0).optional();

export const UserSmtpUsage = named(
  "UserSmtpUsage",
  z.object({
    user: z.string(),
    since: Timestamp,
    messages: z
      .object({ queued: Count, deferred: Count, delivered: Count, partial: Count, dead: Count })
      .describe("accepted messages by their state; absent: none"),
    ownServer: z
      .object({ delivered: Count, failed: Count, ambiguous: Count })
      .describe("attempts by one's own server, by how they went; absent: none"),
  }),
);
