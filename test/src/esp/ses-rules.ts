import { z } from "zod";
import type { Refusal } from "./sigv4.ts";

const Addresses = z.array(z.string()).optional();

/** Compared as bytes, because a pattern over 30 MiB runs out of stack. */
const Base64 = z
  .string()
  .min(1)
  .refine((text) => Buffer.from(text, "base64").toString("base64") === text, "not base64");

/** What we send of SendEmail (SES API v2); another member is refused, so that a misspelt one is seen. */
export const SendEmail = z.strictObject({
  Content: z.strictObject({ Raw: z.strictObject({ Data: Base64 }) }),
  Destination: z
    .strictObject({
      ToAddresses: Addresses,
      CcAddresses: Addresses,
      BccAddresses: Addresses,
    })
    .optional(),
  EmailTags: z.array(z.strictObject({ Name: z.string(), Value: z.string() })).optional(),
  ConfigurationSetName: z.string().optional(),
  FeedbackForwardingEmailAddress: z.string().optional(),
});
export type SendEmail = z.infer<typeof SendEmail>;

/** The account, its region, and what of it is allowed. */
export type Account = {
  region: string;
  /** Domains whose senders are verified; all of them when absent. */
  verified?: string[];
  /** In the sandbox recipients too must be verified. */
  sandbox?: boolean;
  /** Nothing is sent until a person has spoken with AWS. */
  paused?: boolean;
  configurationSets?: string[];
};

/** Octets of a message once it is in base64; recipients of a call (SES developer guide, quotas). */
const MAX_ENCODED = 40 * 1024 * 1024;
const MAX_RECIPIENTS = 50;

const bad = (message: string): Refusal => ({
  status: 400,
  type: "BadRequestException",
  message,
});

export const destinations = ({ Destination: to }: SendEmail): string[] => [
  ...(to?.ToAddresses ?? []),
  ...(to?.CcAddresses ?? []),
  ...(to?.BccAddresses ?? []),
];

const domainOf = (address: string) =>
  address
    .slice(address.lastIndexOf("@") + 1)
    .replace(/>$/, "")
    .toLowerCase();

function badAddress(address: string): Refusal | undefined {
  const at = address.lastIndexOf("@");
  if (at < 1) return bad("Missing final '@domain'");
  const domain = address.slice(at + 1);
  if (!/^[\x21-\x7e]+$/.test(address.slice(0, at))) return bad("Illegal address");
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(domain)
    ? undefined
    : bad(`Invalid domain name: '${domain}'.`);
}

const TAG = /^[A-Za-z0-9_-]{1,256}$/;

function badTag({ EmailTags: tags = [] }: SendEmail): Refusal | undefined {
  const wrong = tags.find(({ Name, Value }) => !TAG.test(Name) || !TAG.test(Value));
  if (wrong !== undefined) return bad(`Invalid tag: <${wrong.Name}:${wrong.Value}>.`);
  const names = new Set(tags.map(({ Name }) => Name));
  return names.size === tags.length ? undefined : bad("Duplicate tag name.");
}

/** A field of the header section, unfolded. */
function field(raw: Buffer, name: string): string | undefined {
  const header = raw.subarray(0, Math.max(raw.indexOf("\r\n\r\n"), 0)).toString("latin1");
  return new RegExp(`^${name}:((?:.|\\r\\n[ \\t])*)`, "im").exec(header)?.[1]?.trim();
}

const unverified = (failed: string[], region: string): Refusal => ({
  status: 400,
  type: "MessageRejected",
  message:
    "Email address is not verified. The following identities failed the check in region " +
    `${region.toUpperCase()}: ${failed.join(", ")}`,
});

function wrongSender(raw: Buffer, mail: SendEmail, account: Account): Refusal | undefined {
  const from = field(raw, "From");
  if (from === undefined) return bad("Missing required header 'From'.");
  const { verified, region, sandbox } = account;
  const feedback = mail.FeedbackForwardingEmailAddress;
  const identities = [
    from,
    ...(feedback === undefined ? [] : [feedback]),
    ...(sandbox ? destinations(mail) : []),
  ];
  const failed = identities.filter((one) => verified && !verified.includes(domainOf(one)));
  return failed.length === 0 ? undefined : unverified(failed, region);
}

function unknownSet({ ConfigurationSetName: name }: SendEmail, { configurationSets }: Account) {
  if (name === undefined || configurationSets?.includes(name)) return undefined;
  const message = `Configuration set <${name}> does not exist.`;
  return { status: 404, type: "NotFoundException", message };
}

function wrongSize({ Content }: SendEmail): Refusal | undefined {
  const { length } = Content.Raw.Data;
  return length > MAX_ENCODED
    ? bad(`Message length is more than ${MAX_ENCODED} bytes long: '${length}'.`)
    : undefined;
}

/** Without a destination the header's recipients would do; nobody here relies on that, so it is refused. */
function wrongRecipients(mail: SendEmail): Refusal | undefined {
  const to = destinations(mail);
  if (to.length === 0) return bad("Destination is required here.");
  if (to.length > MAX_RECIPIENTS) return bad(`Recipient count exceeds ${MAX_RECIPIENTS}.`);
  const feedback = mail.FeedbackForwardingEmailAddress;
  const all = feedback === undefined ? to : [...to, feedback];
  return all.map(badAddress).find((one) => one !== undefined);
}

/** Why a call that is who it says it is is refused all the same; undefined when it is not. */
export const refuseMail = (raw: Buffer, mail: SendEmail, account: Account): Refusal | undefined =>
  wrongSize(mail) ??
  wrongRecipients(mail) ??
  badTag(mail) ??
  unknownSet(mail, account) ??
  wrongSender(raw, mail, account);
