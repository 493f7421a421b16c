import type { Provider } from "@waybill/schemas";
import { SmtpSettings } from "@waybill/schemas/shapes";
import { z } from "zod";
import { Name } from "../resource/words.ts";
import { MailAddress } from "../shapes/mail-address.ts";
import { Host, Port } from "../shapes/mail-host.ts";
import { named } from "../shapes/named.ts";
import { AuthView, ChangedAuth, NewAuth } from "./login-shapes.ts";
import { ChangedHttp, HttpView, NEW_HTTP } from "./http-provider-shapes.ts";
import { PRESET_NAMES } from "./provider-presets.ts";

const Concurrency = z.int().min(1).max(200).describe("connections at once");
const Tls = SmtpSettings.shape.tls.describe(
  "`implicit`: from the first byte; `starttls`: required; `opportunistic`: if offered; `none`",
);
const most = (milliseconds: number) => z.int().min(100).max(milliseconds);
const Timeouts = z
  .strictObject({ connect: most(60_000), greeting: most(300_000), socket: most(600_000) })
  .describe("milliseconds");

const smtp = {
  type: z.literal("smtp"),
  name: Name,
  preset: z.enum(PRESET_NAMES).optional().describe("fills host, port and tls"),
  host: Host.optional().describe("needed without a preset"),
  port: Port.optional().describe("587 by default"),
  tls: Tls.optional().describe("`implicit` on port 465 and `starttls` elsewhere by default"),
  verify: z.boolean().default(true).describe("verify the server's certificate"),
  auth: NewAuth.optional(),
  timeouts: Timeouts.optional(),
  concurrency: Concurrency.default(10),
  from: MailAddress.optional(),
  replyTo: MailAddress.optional(),
};

const needsPlace = {
  path: ["host"],
  error: "needed without a preset",
  when: ({ value }: { value: unknown }) => typeof value === "object" && value !== null,
};
const isPlaced = (one: { host?: string | undefined; preset?: string | undefined }): boolean =>
  one.host !== undefined || one.preset !== undefined;

const NewSmtp = z
  .strictObject(smtp)
  .refine(isPlaced, needsPlace)
  .meta({ examples: [{ type: "smtp", name: "Ours", host: "mail.example.com" }] });
export type NewSmtp = z.infer<typeof NewSmtp>;

/** The same, to be tried: it needs no name. */
export const SmtpToTest = z
  .strictObject({ ...smtp, name: Name.default("unsaved") })
  .refine(isPlaced, needsPlace)
  .meta({ examples: [{ type: "smtp", host: "mail.example.com" }] });

const NewSandbox = z.strictObject({
  type: z.literal("sandbox"),
  name: Name,
  concurrency: Concurrency.default(20),
});

const ALL = [NewSmtp, NewSandbox, ...NEW_HTTP] as const;
const TYPES = ALL.map((one) => one.shape.type.value);

/** What may be said of a provider of each type. */
export const FIELDS = Object.fromEntries(
  ALL.map(({ shape }) => [shape.type.value, Object.keys(shape)]),
) as Record<Provider["type"], string[]>;

export const NewProvider = z.discriminatedUnion("type", ALL);
export type NewProvider = z.infer<typeof NewProvider>;

export const ChangedProvider = z.strictObject({
  name: Name.optional(),
  concurrency: Concurrency.optional(),
  host: Host.optional(),
  port: Port.optional(),
  tls: Tls.optional(),
  verify: z.boolean().optional(),
  auth: ChangedAuth.nullable().optional(),
  timeouts: Timeouts.nullable().optional(),
  from: MailAddress.nullable().optional(),
  replyTo: MailAddress.nullable().optional(),
  ...ChangedHttp,
});
export type ChangedProvider = z.infer<typeof ChangedProvider>;

/** A system-wide one shows a tenant its id, type and name. */
export const ProviderView = named(
  "Provider",
  z.object({
    id: z.string(),
    type: z.enum(TYPES),
    name: z.string(),
    isSystem: z.boolean().describe("it is the platform's, for tenants that have none of their own"),
    concurrency: z.int().optional(),
    ...SmtpSettings.omit({ auth: true }).partial().shape,
    auth: AuthView.optional(),
    hasSecret: z.boolean().optional().describe("a password is kept"),
    from: z.string().optional(),
    replyTo: z.string().optional(),
    ...HttpView,
  }),
);
