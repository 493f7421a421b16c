import { type HttpApi, type HttpReply, openHttpApi, type Verdict } from "@waybill/runtime/outbound";
import type { Outcome, SendgridProvider } from "@waybill/schemas";
import type { Mail } from "../mime/mail.ts";
import { jsonFields } from "./http/json-fields.ts";
import { outcomesOf } from "./http/outcomes.ts";
import type { Reach } from "./http/reach.ts";
import { verdictOf } from "./http/verify.ts";
import { lanes } from "./json-lane.ts";
import type { Attempt, Service } from "./provider.ts";
import { sendgridCannot, sendgridDamages, sendgridMail } from "./sendgrid-mail.ts";
import { judgeSendgrid } from "./sendgrid-replies.ts";
import { endpointOf, smtpLane, type SmtpEndpoint } from "./smtp-lane.ts";

const SENDGRID = "https://api.sendgrid.com";

/** The SMTP endpoints of SendGrid's own regions; of another base URL none is known. */
const SMTP: Record<string, SmtpEndpoint> = {
  [SENDGRID]: { host: "smtp.sendgrid.net", port: 587, tls: "starttls" },
  "https://api.eu.sendgrid.com": { host: "smtp.eu.sendgrid.net", port: 587, tls: "starttls" },
};

/** Over SMTP the settings of a mail are one field; again nothing that would change the message. */
const smtpField = ({ messageId }: Attempt): string => {
  const off = { settings: { enable: 0 } };
  const filters = { clicktrack: off, opentrack: off, subscriptiontrack: off, ganalytics: off };
  return `X-SMTPAPI: ${JSON.stringify({ unique_args: { relay_id: messageId }, filters })}\r\n`;
};

/** What a key may do; one that may not send is as good as none. */
function readScopes(reply: HttpReply): Verdict | undefined {
  const { scopes } = jsonFields(reply);
  if (reply.status !== 200 || !Array.isArray(scopes) || scopes.includes("mail.send"))
    return undefined;
  return { success: false, code: "auth", message: "the key has no scope mail.send" };
}

const verifyWith = (api: HttpApi, key: string) => async (): Promise<Verdict> => {
  const headers = { authorization: `Bearer ${key}` };
  return verdictOf(await api.ask({ method: "GET", path: "/v3/scopes", headers }), readScopes);
};

const sendWith =
  (api: HttpApi, key: string) =>
  async (mail: Mail, { messageId, recipients, signal }: Attempt): Promise<Outcome[]> => {
    const sent = sendgridMail(mail, messageId);
    const answer = await api.ask({
      method: "POST",
      path: "/v3/mail/send",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: Buffer.from(JSON.stringify(sent)),
      signal,
    });
    return outcomesOf(answer, recipients, judgeSendgrid(sent, recipients));
  };

/**
 * Twilio SendGrid by its Mail Send API, v3. Its JSON shows those to whom it goes, so a message that it
 * would change goes to SendGrid's SMTP endpoint as it is, and all of them do with `lane: "smtp"`.
 * SendGrid writes the sender of the envelope itself. It knows no repeated request: one whose reply
 * is lost is `ambiguous`.
 */
export function sendgridProvider(
  settings: SendgridProvider,
  openSecret: (sealed: string) => string,
  reach: Reach,
): Service {
  const { baseUrl = SENDGRID, concurrency } = settings;
  const endpoint = endpointOf(settings, SENDGRID, SMTP);
  const key = openSecret(settings.sealedSecret);
  const login = { username: "apikey", password: key };
  const smtp = endpoint && smtpLane({ settings, endpoint, login, fieldsFor: smtpField, reach });
  const api = openHttpApi({ ...reach, baseUrl, concurrency });
  const json = {
    room: { alternatives: true },
    whyNot: sendgridCannot,
    damages: sendgridDamages,
    send: sendWith(api, key),
    verify: verifyWith(api, key),
  };
  return {
    id: settings.id,
    kind: "sendgrid",
    keepsBytes: false,
    ...lanes(settings, json, smtp),
    close: () => {
      api.close();
      smtp?.close();
    },
  };
}
