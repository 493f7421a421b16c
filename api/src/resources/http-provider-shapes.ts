import { z } from "zod";
import { Name } from "../resource/words.ts";
import { BaseUrl } from "../shapes/base-url.ts";
import { Line } from "../shapes/line.ts";
import { Host, Port } from "../shapes/mail-host.ts";

const Secret = Line.min(1).max(4096).describe("the key or token; kept sealed, and in no answer");
const Word = Line.min(1).max(256);

const Endpoint = z
  .strictObject({ host: Host, port: Port, tls: z.enum(["implicit", "starttls", "none"]) })
  .describe("another SMTP endpoint than the service's own");
const Lane = z
  .enum(["http", "smtp"])
  .describe("`http`: by SMTP only what HTTP cannot carry unchanged; `smtp`: all of it");

const all = {
  name: Name,
  secret: Secret,
  baseUrl: BaseUrl.optional().describe("another than the service's own: a region, a private one"),
  concurrency: z.int().min(1).max(200).default(10).describe("requests at once"),
};
const byEither = { lane: Lane.default("http"), smtp: Endpoint.optional() };

/** Those that stand for any tenant give an application no token. */
const Directory = Host.refine(
  (one) => !/^(common|organizations|consumers)$/i.test(one),
  "one tenant's id or domain",
).describe("the tenant of Microsoft Entra ID: its id or domain");

/** What makes a provider over HTTP, one shape for each service. */
export const NEW_HTTP = [
  z.strictObject({ type: z.literal("sendgrid"), ...all, ...byEither }),
  z.strictObject({
    type: z.literal("postmark"),
    ...all,
    ...byEither,
    messageStream: Word.optional(),
  }),
  z.strictObject({ type: z.literal("resend"), ...all, ...byEither }),
  z.strictObject({
    type: z.literal("ses"),
    ...all,
    region: z
      .string()
      .max(40)
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "a region such as eu-central-1")
      .meta({ examples: ["eu-central-1"] }),
    accessKeyId: Word,
    configurationSet: Word.optional(),
  }),
  z.strictObject({ type: z.literal("mailgun"), ...all, domain: Host }),
  z.strictObject({
    type: z.literal("msgraph"),
    ...all,
    concurrency: z.int().min(1).max(4).default(4).describe("requests at once to the mailbox"),
    directory: Directory,
    clientId: Word,
    mailbox: Word.describe("whose mail it is: a principal name or an id"),
    tokenUrl: BaseUrl.optional(),
  }),
] as const;
export type NewHttp = z.infer<(typeof NEW_HTTP)[number]>;

const [sendgrid, postmark, resend, ses, mailgun, msgraph] = NEW_HTTP;
const unnamed = { name: Name.default("unsaved") };

/** The same, to be tried: they need no name. */
export const HTTP_TO_TEST = [
  sendgrid.extend(unnamed),
  postmark.extend(unnamed),
  resend.extend(unnamed),
  ses.extend(unnamed),
  mailgun.extend(unnamed),
  msgraph.extend(unnamed),
] as const;

/** What may be changed of them; each has some of these. */
export const ChangedHttp = {
  secret: Secret.optional(),
  baseUrl: BaseUrl.nullable().optional(),
  lane: Lane.optional(),
  smtp: Endpoint.nullable().optional(),
  messageStream: Word.nullable().optional(),
  region: NEW_HTTP[3].shape.region.optional(),
  accessKeyId: Word.optional(),
  configurationSet: Word.nullable().optional(),
  domain: Host.optional(),
  directory: Directory.optional(),
  clientId: Word.optional(),
  mailbox: Word.optional(),
  tokenUrl: BaseUrl.nullable().optional(),
};

/** What is shown of them. */
export const HttpView = {
  baseUrl: z.string().optional(),
  lane: z.enum(["http", "smtp"]).optional(),
  smtp: z.object({ host: z.string(), port: z.int(), tls: z.string() }).optional(),
  messageStream: z.string().optional(),
  region: z.string().optional(),
  accessKeyId: z.string().optional(),
  configurationSet: z.string().optional(),
  domain: z.string().optional(),
  directory: z.string().optional(),
  clientId: z.string().optional(),
  mailbox: z.string().optional(),
  tokenUrl: z.string().optional(),
};
