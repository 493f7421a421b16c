import { sign } from "node:crypto";
import { generate } from "selfsigned";

export const TOPIC = "arn:aws:sns:eu-central-1:123456789012:mail";
export const CERTIFICATE =
  "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789ABCDEF.pem";

/** A key of SNS's with its certificate. */
export type Signer = { cert: string; private: string };

export const newSigner = (options: { notBeforeDate?: Date; notAfterDate?: Date } = {}) =>
  generate([{ name: "commonName", value: "sns.amazonaws.com" }], { keySize: 2048, ...options });

const ORDER = {
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
};

type Fields = Record<string, string>;

/** A message as SNS would sign it. */
export function signedBy(signer: Signer, given: Fields): Fields {
  const message: Fields = {
    Type: "Notification",
    MessageId: "m-1",
    TopicArn: TOPIC,
    Message: "{}",
    Timestamp: new Date().toISOString(),
    SignatureVersion: "2",
    SigningCertURL: CERTIFICATE,
    ...given,
  };
  const order = ORDER[message["Type"] as keyof typeof ORDER];
  const text = order
    .filter((name) => message[name] !== undefined)
    .map((name) => `${name}\n${message[name]}\n`)
    .join("");
  const digest = message["SignatureVersion"] === "1" ? "sha1" : "sha256";
  const signature = sign(digest, Buffer.from(text), signer.private).toString("base64");
  return { ...message, Signature: signature };
}
