import { openHttpApi } from "@waybill/runtime/outbound";
import type { Outcome, SesProvider } from "@waybill/schemas";
import { joined } from "./fields-before.ts";
import { sendInBatches } from "./http/batches.ts";
import { inMemory } from "./http/in-memory.ts";
import type { Reach } from "./http/reach.ts";
import type { Attempt, Service } from "./provider.ts";
import { asciiAddress } from "./ses/address.ts";
import { type Account, call } from "./ses/call.ts";
import { encodeRaw } from "./ses/encode.ts";
import { signedCalls } from "./ses/signed.ts";
import { verifyAccount } from "./ses/verify.ts";
import { tooLarge } from "./too-large.ts";

/** Octets of a message, 40 MiB once in base64, and recipients of a call (SES quotas). */
const MOST = { octets: 30 * 1024 * 1024, recipients: 50 };

const TAKES = `Amazon SES takes messages of up to ${MOST.octets} octets`;

const notAscii = (outcome: "permanent_message" | "permanent_recipient") => (recipient: string) => ({
  recipient,
  class: outcome,
  category: "protocol" as const,
  response: "Amazon SES takes no address whose local part is not ASCII",
});

/** Sends to recipients whose addresses SES takes. */
async function sendTo(account: Account, attempt: Attempt, to: string[]): Promise<Outcome[]> {
  if (to.length === 0) return [];
  const field = Buffer.from(`X-Relay-Id: ${attempt.messageId}\r\n`);
  const size = field.length + attempt.size;
  const most = Math.min(to.length, MOST.recipients);
  const bodyWith = await encodeRaw(joined(field, attempt.body), size, most);
  return sendInBatches(to, {
    send: (some) => call(account, attempt, some, bodyWith),
    most: MOST.recipients,
    signal: attempt.signal,
    tell: attempt.tell,
    isOfOneAddress: ([first]) => first?.class === "permanent_recipient",
  });
}

const isTaken = (address: string): boolean => asciiAddress(address) !== undefined;

async function send(account: Account, attempt: Attempt): Promise<Outcome[]> {
  const { recipients, size, from } = attempt;
  if (size > MOST.octets) return tooLarge(recipients, TAKES);
  if (!isTaken(from)) return recipients.map(notAscii("permanent_message"));
  const others = recipients.filter((one) => !isTaken(one));
  const sent = await sendTo(account, attempt, recipients.filter(isTaken));
  return [...sent, ...others.map(notAscii("permanent_recipient"))];
}

/**
 * Amazon SES by its API v2, SendEmail with the raw message: the recipients are the envelope's, and the
 * message goes as it is, with one field before it: `X-Relay-Id`, by which notifications without tags
 * name the mail. SES writes the sender of the envelope, Message-ID and Date itself. Ours is where it
 * reports what could not be delivered; with the null sender it reports to the message's From. It knows
 * no repeated call: one whose reply is lost is `ambiguous`.
 */
export function sesProvider(
  settings: SesProvider,
  openSecret: (sealed: string) => string,
  reach: Reach,
): Service {
  const { region, accessKeyId, concurrency, configurationSet } = settings;
  const { baseUrl = `https://email.${region}.amazonaws.com` } = settings;
  const secretAccessKey = openSecret(settings.sealedSecret);
  const api = openHttpApi({ ...reach, baseUrl, concurrency });
  const hold = inMemory(concurrency);
  const calls = signedCalls(baseUrl, { region, accessKeyId, secretAccessKey });
  const account = { api, calls, region, configurationSet };
  return {
    id: settings.id,
    kind: "ses",
    // SES writes Message-ID and Date anew, and signs by itself.
    keepsBytes: false,
    send: (attempt) => hold(attempt.size, () => send(account, attempt)),
    verify: () => verifyAccount(account),
    close: () => api.close(),
  };
}
