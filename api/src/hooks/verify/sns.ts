import { verify, X509Certificate } from "node:crypto";
import { z } from "zod";
import { bytesOf, isWithin, refused, type Verdict } from "../call.ts";

const HOUR = 60 * 60_000;
const SPAN = { past: HOUR, future: HOUR };

const text = z.string().max(5 * 1024 * 1024);
const common = {
  MessageId: z.string().regex(/^[!-~]{1,200}$/),
  TopicArn: z.string(),
  Message: text,
  Timestamp: z.iso.datetime(),
  SignatureVersion: z.enum(["1", "2"]),
  Signature: z.string(),
  SigningCertURL: z.string(),
};
const confirmation = { ...common, Token: z.string(), SubscribeURL: z.string() };

/** What SNS posts to an HTTPS subscription that is not set to raw delivery. */
export const SnsMessage = z.discriminatedUnion("Type", [
  z.object({ Type: z.literal("Notification"), ...common, Subject: text.nullish() }),
  z.object({ Type: z.literal("SubscriptionConfirmation"), ...confirmation }),
  z.object({ Type: z.literal("UnsubscribeConfirmation"), ...confirmation }),
]);
export type SnsMessage = z.infer<typeof SnsMessage>;

const TOPIC = /^arn:(aws|aws-cn|aws-us-gov):sns:([a-z0-9-]{3,30}):\d{12}:[\w-]{1,256}(\.fifo)?$/;

/** Whether a text is the name of an SNS topic. */
export const isTopic = (arn: string): boolean => TOPIC.test(arn);

/** The host of SNS in a topic's region: nobody else signs its messages, or confirms its subscriptions. */
export function snsHost(topicArn: string): string {
  const [, partition, region] = TOPIC.exec(topicArn) ?? [];
  return `sns.${region}.amazonaws.com${partition === "aws-cn" ? ".cn" : ""}`;
}

/** Whether a certificate's address is one of SNS in the topic's region, in its one spelling. */
export function isSnsCertificate(url: string, topicArn: string): boolean {
  const before = `https://${snsHost(topicArn)}/`;
  const name = url.slice(before.length);
  return url.startsWith(before) && /^SimpleNotificationService-[A-Za-z0-9]{32}\.pem$/.test(name);
}

/** The fields that are signed, in their order; those that are absent are left out. */
const SIGNED = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  SubscriptionConfirmation: [
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
  ],
} as const;

function signedText(message: SnsMessage): string {
  const fields: Record<string, unknown> = message;
  const names =
    message.Type === "Notification" ? SIGNED.Notification : SIGNED.SubscriptionConfirmation;
  const present = names.filter((name) => (fields[name] ?? null) !== null);
  return present.map((name) => `${name}\n${String(fields[name])}\n`).join("");
}

function isSignedBy(pem: string, message: SnsMessage, now: Date): boolean {
  const signature = bytesOf(message.Signature);
  if (signature === undefined) return false;
  const digest = message.SignatureVersion === "2" ? "sha256" : "sha1";
  try {
    const certificate = new X509Certificate(pem);
    const [from, to] = [certificate.validFromDate, certificate.validToDate];
    if (now < from || now > to || certificate.publicKey.asymmetricKeyType !== "rsa") return false;
    return verify(digest, Buffer.from(signedText(message)), certificate.publicKey, signature);
  } catch {
    return false;
  }
}

/**
 * Verifies a message of SNS with the certificate it names, already checked by its address: RSA with
 * SHA-256, or SHA-1 for version 1. A good signature alone says that it is of some account's topic.
 */
export function verifySns(message: SnsMessage, pem: string, now: Date): Verdict {
  if (!isSignedBy(pem, message, now)) return refused("forged");
  const at = Date.parse(message.Timestamp);
  return isWithin(at, now, SPAN) ? { id: message.MessageId } : refused("stale");
}
