import { z } from "zod";
import { sendgridKey } from "../hooks/verify/sendgrid.ts";
import { isTopic } from "../hooks/verify/sns.ts";
import { standardKey } from "../hooks/verify/standard.ts";
import { Name } from "../resource/words.ts";
import { Line } from "../shapes/line.ts";
import { named } from "../shapes/named.ts";
import { COUNTED } from "../hooks/counts.ts";

const PublicKey = Line.max(500)
  .refine((text) => sendgridKey(text) !== undefined, "a P-256 key: base64 of its SPKI DER")
  .describe("the verification key that SendGrid shows for its signed event webhook")
  .meta({
    examples: [
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEStoqMPfPcdMRlPzqLBEdfZBknJdmYrwZMXOUOjpDBt6Bzis4DS7wZTsVHbpYVdaQs/ZHL/9DPrTympG3/VCgwA==",
    ],
  });
const TopicArn = Line.max(350)
  .refine(isTopic, "the ARN of an SNS topic")
  .describe("the one topic whose messages are taken")
  .meta({ examples: ["arn:aws:sns:eu-central-1:123456789012:mail"] });
const SigningSecret = Line.max(200)
  .refine((text) => standardKey(text) !== undefined, "whsec_ and base64 of 24 to 64 bytes")
  .meta({ examples: ["whsec_YW4gZXhhbXBsZSBzZWNyZXQgb2YgMzIgYnl0ZXMuLi4u"] });
const SigningKey = Line.min(16).max(200).describe("the webhook signing key, which is no API key");
const Password = Line.min(32).max(200);
const Username = Line.min(1)
  .max(100)
  .regex(/^[^:]*$/, "without a colon");
const Header = z
  .string()
  .max(76)
  .regex(/^(?!authorization$)[A-Za-z0-9-]+$/i, "the name of a header field")
  .describe("the field whose value is the secret, instead of HTTP Basic");

const all = {
  name: Name.optional(),
  provider: Line.min(1).max(100).optional().describe("id of the provider whose webhook it is"),
};

const ALL = [
  z.strictObject({ type: z.literal("sendgrid"), ...all, publicKey: PublicKey }),
  z.strictObject({
    type: z.literal("ses"),
    ...all,
    topicArn: TopicArn,
    onlyVersion2: z.boolean().optional().describe("refuse signatures with SHA-1"),
  }),
  z.strictObject({ type: z.literal("mailgun"), ...all, secret: SigningKey }),
  z.strictObject({
    type: z.literal("postmark"),
    ...all,
    secret: Password.optional().describe("made when absent"),
    username: Username.default("waybill").describe("of HTTP Basic"),
    header: Header.optional(),
  }),
  z.strictObject({ type: z.literal("resend"), ...all, secret: SigningSecret }),
  z.strictObject({
    type: z.literal("generic"),
    ...all,
    secret: SigningSecret.optional().describe("made when absent"),
  }),
] as const;

/** What may be said of a webhook of each type. */
export const FIELDS: Record<string, readonly string[]> = Object.fromEntries(
  ALL.map(({ shape }) => [shape.type.value, Object.keys(shape)]),
);

/** What a secret must be, for each type that has one. */
export const SECRETS: Record<string, z.ZodType<string>> = {
  mailgun: SigningKey,
  postmark: Password,
  resend: SigningSecret,
  generic: SigningSecret,
};

export const NewHook = z.discriminatedUnion("type", ALL);
export type NewHook = z.infer<typeof NewHook>;

const Secret = Line.min(16).max(200);
export const ChangedHook = z.strictObject({
  name: Name.nullable().optional(),
  provider: all.provider.unwrap().nullable().optional(),
  publicKey: PublicKey.optional(),
  topicArn: TopicArn.optional(),
  onlyVersion2: z.boolean().nullable().optional(),
  username: Username.optional(),
  header: Header.nullable().optional(),
  secret: Secret.optional(),
  previousSecret: Secret.nullable()
    .optional()
    .describe("taken too, while secrets are being replaced; null ends that"),
});
export type ChangedHook = z.infer<typeof ChangedHook>;

const counted = Object.fromEntries(COUNTED.map((what) => [what, z.int()]));

export const HookView = named(
  "Hook",
  z.object({
    id: z.string(),
    type: z.string(),
    name: z.string().optional(),
    provider: z.string().optional(),
    url: z.string().describe("what the provider is to call"),
    publicKey: z.string().optional(),
    topicArn: z.string().optional(),
    onlyVersion2: z.boolean().optional(),
    username: z.string().optional(),
    header: z.string().optional(),
    hasSecret: z.boolean(),
    hasPreviousSecret: z.boolean(),
    createdAt: z.string().optional(),
    counts: z
      .object(counted)
      .optional()
      .describe("of this month: things told, and calls that were refused; only of one webhook"),
  }),
);
export const MadeHook = named(
  "MadeHook",
  HookView.extend({ secret: z.string().optional().describe("made for you, and shown this once") }),
);
