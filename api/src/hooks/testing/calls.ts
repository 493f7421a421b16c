import { createHmac, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { signedBy, type Signer, TOPIC } from "./sns.ts";

/** What a provider sends. */
export type Sent = { headers: Record<string, string>; payload: string };

const seconds = () => String(Math.floor(Date.now() / 1000));
const JSON_TYPE = { "content-type": "application/json" };

/** A sender of each kind, with the settings of a webhook that takes its calls. */
export type Sender = { settings: object; send(body: object): Sent };

export function sendgrid(): Sender {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  return {
    settings: { type: "sendgrid", publicKey: key },
    send: (body) => {
      const [timestamp, payload] = [seconds(), `${JSON.stringify(body)}\r\n`];
      const signature = sign("sha256", Buffer.from(timestamp + payload), privateKey);
      const headers = {
        ...JSON_TYPE,
        "x-twilio-email-event-webhook-timestamp": timestamp,
        "x-twilio-email-event-webhook-signature": signature.toString("base64"),
      };
      return { headers, payload };
    },
  };
}

export function mailgun(): Sender & { sign(token: string): object } {
  const secret = randomBytes(16).toString("hex");
  const signed = (token: string) => {
    const timestamp = seconds();
    const mac = createHmac("sha256", secret).update(timestamp + token);
    return { timestamp, token, signature: mac.digest("hex") };
  };
  const send = (event: object) => ({
    headers: JSON_TYPE,
    payload: JSON.stringify({
      signature: signed(randomBytes(25).toString("hex")),
      "event-data": event,
    }),
  });
  return { settings: { type: "mailgun", secret }, send, sign: signed };
}

export function postmark(): Sender {
  const secret = randomBytes(24).toString("hex");
  const authorization = `Basic ${Buffer.from(`waybill:${secret}`).toString("base64")}`;
  const settings = { type: "postmark", secret };
  return {
    settings,
    send: (body) => ({
      headers: { ...JSON_TYPE, authorization },
      payload: JSON.stringify(body),
    }),
  };
}

function standard(type: "resend" | "generic", family: string): Sender {
  const key = randomBytes(32);
  const secret = `whsec_${key.toString("base64")}`;
  return {
    settings: { type, secret },
    send: (body) => {
      const [id, timestamp, payload] = [
        `msg_${randomBytes(12).toString("hex")}`,
        seconds(),
        JSON.stringify(body),
      ];
      const mac = createHmac("sha256", key).update(`${id}.${timestamp}.${payload}`);
      const headers = {
        ...JSON_TYPE,
        [`${family}-id`]: id,
        [`${family}-timestamp`]: timestamp,
        [`${family}-signature`]: `v1,${mac.digest("base64")}`,
      };
      return { headers, payload };
    },
  };
}
export const resend = (): Sender => standard("resend", "svix");
export const generic = (): Sender => standard("generic", "webhook");

/** SNS, with the certificate of the signer at its address. */
export function ses(signer: Signer): Sender & { sendAs(fields: Record<string, string>): Sent } {
  const sendAs = (fields: Record<string, string>) => {
    const message = signedBy(signer, { MessageId: randomBytes(8).toString("hex"), ...fields });
    const headers = {
      "content-type": "text/plain; charset=UTF-8",
      "x-amz-sns-message-type": message["Type"] ?? "",
      "x-amz-sns-message-id": message["MessageId"] ?? "",
    };
    return { headers, payload: JSON.stringify(message) };
  };
  return {
    settings: { type: "ses", topicArn: TOPIC },
    send: (event) => sendAs({ Message: JSON.stringify(event) }),
    sendAs,
  };
}

/** What each kind of sender tells when a mail bounced for good. */
export const BOUNCES = {
  sendgrid: (id: string, to: string, eventId = randomBytes(8).toString("hex")): object => [
    {
      event: "bounce",
      type: "bounce",
      email: to,
      timestamp: 1_767_323_045,
      sg_event_id: eventId,
      relay_id: id,
      reason: "550 5.1.1 nobody",
      status: "5.1.1",
    },
  ],
  mailgun: (id: string, to: string): object => ({
    event: "failed",
    severity: "permanent",
    reason: "bounce",
    timestamp: 1_767_323_045.5,
    recipient: to,
    "user-variables": { relay_id: id },
    "delivery-status": { code: 550, message: "5.1.1 nobody" },
  }),
  postmark: (id: string, to: string): object => ({
    RecordType: "Bounce",
    Type: "HardBounce",
    ID: 4_323_372_036_854,
    Email: to,
    BouncedAt: "2026-01-02T03:04:05.1234567-05:00",
    Metadata: { relay_id: id },
    Details: "smtp;550 5.1.1 nobody",
  }),
  resend: (id: string, to: string): object => ({
    type: "email.bounced",
    created_at: "2026-01-02T03:04:05.000Z",
    data: {
      to: [to],
      tags: { relay_id: id },
      bounce: { type: "Permanent", subType: "General", message: "550 5.1.1 nobody" },
    },
  }),
  generic: (id: string, to: string): object => ({
    events: [
      {
        type: "bounced",
        id: "e1",
        messageId: id,
        recipient: to,
        at: "2026-01-02T03:04:05.000Z",
        isHard: true,
        category: "invalid_recipient",
        response: "550 5.1.1 nobody",
        enhanced: "5.1.1",
      },
    ],
  }),
  ses: (id: string, to: string): object => ({
    eventType: "Bounce",
    mail: {
      timestamp: "2026-01-02T03:04:05.000Z",
      destination: [to],
      tags: { relay_id: [id] },
    },
    bounce: {
      timestamp: "2026-01-02T03:04:05.000Z",
      bounceType: "Permanent",
      bounceSubType: "General",
      bouncedRecipients: [
        { emailAddress: to, status: "5.1.1", diagnosticCode: "smtp; 550 5.1.1 nobody" },
      ],
    },
  }),
};
