import { type HttpApi, openHttpApi } from "@waybill/runtime/outbound";
import type { MailgunProvider } from "@waybill/schemas";
import { asciiDomain } from "../mime/address.ts";
import { withoutBcc } from "../mime/without-bcc.ts";
import { sendInBatches } from "./http/batches.ts";
import { formData } from "./http/form-data.ts";
import { inMemory } from "./http/in-memory.ts";
import { outcomesOf } from "./http/outcomes.ts";
import type { Reach } from "./http/reach.ts";
import { verdictOf } from "./http/verify.ts";
import { judgeMailgun, readAccount } from "./mailgun-replies.ts";
import type { Attempt, Service } from "./provider.ts";
import { tooLarge } from "./too-large.ts";

const MAILGUN = "https://api.mailgun.net";

/** Octets of a message, and recipients of a request (Mailgun, "Sending messages"). */
const MOST = { octets: 25 * 1024 * 1024, recipients: 1000 };

/** What we ask of Mailgun: nothing that would change the message. */
const OPTIONS = [
  ["o:tracking", "no"],
  ["o:tracking-clicks", "no"],
  ["o:tracking-opens", "no"],
] as const;

/** Where messages of a domain go, and as whom. */
type Account = { api: HttpApi; path: string; authorization: string };

/** A message in hand: its id with us, and its octets. */
type Message = { id: string; raw: Buffer; signal?: AbortSignal | undefined };

/** What Mailgun refuses for what it lacks, once it knows the key and the domain. */
const NOTHING: Message = { id: "test", raw: Buffer.alloc(0) };

function post(
  { api, path, authorization }: Account,
  { id, raw, signal }: Message,
  to: readonly string[],
) {
  const recipients = to.map((one) => ["to", asciiDomain(one)] as const);
  const fields = [...recipients, ["v:relay_id", id] as const, ...OPTIONS];
  const file = { name: "message", filename: "MimeMessage", content: raw };
  const { contentType, body } = formData(fields, file, id);
  const headers = { authorization, "content-type": contentType };
  return api.ask({ method: "POST", path, headers, body, signal });
}

const TAKES = `Mailgun takes messages of up to ${MOST.octets} octets`;

/**
 * Mailgun's HTTP interface for whole messages (`messages.mime`): the recipients of the envelope as `to`
 * fields, the message as it is, without its Bcc. One bad address among them lets Mailgun refuse the
 * whole request without saying which it is, so the others are asked for again without it. It knows no
 * repeated request: one whose reply is lost is `ambiguous`. The European region is another base
 * URL, `https://api.eu.mailgun.net`.
 */
export function mailgunProvider(
  settings: MailgunProvider,
  openSecret: (sealed: string) => string,
  reach: Reach,
): Service {
  const { baseUrl = MAILGUN, concurrency, domain } = settings;
  const login = Buffer.from(`api:${openSecret(settings.sealedSecret)}`).toString("base64");
  const api = openHttpApi({ ...reach, baseUrl, concurrency });
  const path = `/v3/${encodeURIComponent(domain)}/messages.mime`;
  const account = { api, path, authorization: `Basic ${login}` };
  const hold = inMemory(concurrency);
  const send = async ({ messageId: id, recipients, body, signal, tell }: Attempt) => {
    const message = { id, raw: withoutBcc(Buffer.concat(await body().toArray())), signal };
    return sendInBatches(recipients, {
      send: async (to) => outcomesOf(await post(account, message, to), to, judgeMailgun),
      most: MOST.recipients,
      signal,
      tell,
      isOfOneAddress: ([first]) => first?.class === "permanent_recipient",
    });
  };
  return {
    id: settings.id,
    kind: "mailgun",
    keepsBytes: false,
    send: async (attempt) => {
      if (attempt.size > MOST.octets) return tooLarge(attempt.recipients, TAKES);
      return hold(attempt.size, () => send(attempt));
    },
    verify: async () => verdictOf(await post(account, NOTHING, []), readAccount),
    close: () => api.close(),
  };
}
