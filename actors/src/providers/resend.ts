import { createHash } from "node:crypto";
import { type HttpApi, openHttpApi } from "@waybill/runtime/outbound";
import type { Outcome, ResendProvider } from "@waybill/schemas";
import type { Mail } from "../mime/mail.ts";
import { sendInBatches } from "./http/batches.ts";
import { outcomesOf } from "./http/outcomes.ts";
import type { Reach } from "./http/reach.ts";
import { verdictOf } from "./http/verify.ts";
import { type JsonLane, lanes } from "./json-lane.ts";
import type { Attempt, Service } from "./provider.ts";
import { emailOf, MOST_RECIPIENTS, resendCannot } from "./resend-email.ts";
import { judgeResend, readAccount } from "./resend-replies.ts";
import { endpointOf, type SmtpEndpoint, smtpLane } from "./smtp-lane.ts";
import { tooLarge } from "./too-large.ts";

const RESEND = "https://api.resend.com";

/** Resend's own SMTP endpoint; of another base URL none is known. */
const SMTP: Record<string, SmtpEndpoint> = {
  [RESEND]: { host: "smtp.resend.com", port: 465, tls: "implicit" },
};

/** Octets of an email, its attachments in base64 (Resend, "Send Email"). */
const MOST_OCTETS = 40 * 1024 * 1024;

/**
 * The same for the same message to the same recipients in any order, at each attempt: what comes under
 * one key within 24 hours Resend sends once.
 */
function idempotencyKey({ tenant, messageId, recipients }: Attempt): string {
  const whom = JSON.stringify(recipients.toSorted());
  const hash = createHash("sha256").update(whom).digest("hex").slice(0, 32);
  return `relay/${tenant}/${messageId}/${hash}`;
}

/** On top of the message, where Resend's SMTP endpoint reads it. */
const keyField = (attempt: Attempt): string =>
  `Resend-Idempotency-Key: ${idempotencyKey(attempt)}\r\n`;

/**
 * The SMTP endpoint, which takes so many recipients at a time as the other interface does. Nothing is told
 * before the end: whoever makes the attempt anew is to ask for the same recipients under the same keys.
 */
const inBatches = (smtp: Service): Service => ({
  ...smtp,
  send: (attempt) =>
    sendInBatches(attempt.recipients, {
      send: (recipients) => smtp.send({ ...attempt, recipients, tell: undefined }),
      most: MOST_RECIPIENTS,
      isOfOneAddress: () => false,
      signal: attempt.signal,
    }),
});

const TAKES = `Resend takes messages of up to ${MOST_OCTETS} octets, attachments in base64`;

type Account = { api: HttpApi; key: string };

const post = (
  { api, key }: Account,
  headers: Record<string, string>,
  body: Buffer | string,
  signal?: AbortSignal,
) =>
  api.ask({
    method: "POST",
    path: "/emails",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body,
    signal,
  });

const isOfRecipient = ([first]: readonly Outcome[]) => first?.class === "permanent_recipient";

/** What a refusal for a recipient that is not named means for several of them. */
const ofTheMessage = (outcome: Outcome): Outcome => ({ ...outcome, class: "permanent_message" });

/**
 * Sends by JSON. An email that is refused for one of several recipients, who is not named, was sent to
 * nobody; SMTP answers for each of them.
 */
const sendWith =
  (account: Account, smtp: Service | undefined): JsonLane["send"] =>
  async (mail: Mail, attempt: Attempt) => {
    const { recipients, messageId, signal } = attempt;
    const body = Buffer.from(JSON.stringify(emailOf(mail, messageId)));
    if (body.length > MOST_OCTETS) return tooLarge(recipients, TAKES);
    const headers = { "idempotency-key": idempotencyKey(attempt) };
    const answer = await post(account, headers, body, signal);
    const outcomes = outcomesOf(answer, recipients, judgeResend);
    if (recipients.length === 1 || !isOfRecipient(outcomes)) return outcomes;
    return smtp?.send(attempt) ?? outcomes.map(ofTheMessage);
  };

/**
 * Resend: by its JSON interface what that can carry unchanged, all recipients in one email as the
 * header shows them, and the rest as raw messages by its SMTP endpoint. Both ways have a key under
 * which Resend sends a message once, so that an ambiguous attempt may be repeated there.
 */
export function resendProvider(
  settings: ResendProvider,
  openSecret: (sealed: string) => string,
  reach: Reach,
): Service {
  const { id, baseUrl = RESEND, concurrency, lane } = settings;
  const endpoint = endpointOf(settings, RESEND, SMTP);
  const key = openSecret(settings.sealedSecret);
  const login = { username: "resend", password: key };
  const way = endpoint && smtpLane({ settings, endpoint, login, fieldsFor: keyField, reach });
  const smtp = way && inBatches(way);
  const account = { api: openHttpApi({ ...reach, baseUrl, concurrency }), key };
  const json = {
    room: { alternatives: false },
    whyNot: resendCannot,
    send: sendWith(account, smtp),
    verify: async () => verdictOf(await post(account, {}, "{}"), readAccount),
  };
  const { send, verify } = lanes({ lane, concurrency }, json, smtp);
  return {
    id,
    kind: "resend",
    keepsBytes: false,
    send: async (attempt) => {
      if (attempt.size > MOST_OCTETS) return tooLarge(attempt.recipients, TAKES);
      return send(attempt);
    },
    verify,
    close: () => {
      account.api.close();
      smtp?.close();
    },
  };
}
