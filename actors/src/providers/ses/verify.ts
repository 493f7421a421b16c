import { type HttpReply, oneLine, type Verdict } from "@waybill/runtime/outbound";
import { jsonFields } from "../http/json-fields.ts";
import { verdictOf } from "../http/verify.ts";
import type { Account } from "./call.ts";
import { type Meaning, meaningOf, type SesError } from "./errors.ts";
import { errorOf } from "./replies.ts";

const PATH = "/v2/email/account";

const paused: Verdict = {
  success: false,
  code: "auth",
  message: "sending is paused for this account in its region",
};

const inSandbox: Verdict = {
  success: true,
  message: "the service accepts the key; in the sandbox recipients too must be verified",
};

const mayNotAsk: Verdict = {
  success: true,
  message: "the service accepts the key, which may not ask after the account (ses:GetAccount)",
};

function readGood(reply: HttpReply): Verdict | undefined {
  const { SendingEnabled, ProductionAccessEnabled } = jsonFields(reply);
  if (typeof SendingEnabled !== "boolean")
    return { success: false, code: "protocol", message: "the reply is not that of Amazon SES" };
  if (!SendingEnabled) return paused;
  return ProductionAccessEnabled === false ? inSandbox : undefined;
}

const wordsOf = ({ type, message }: SesError, { explained }: Meaning): string =>
  oneLine([explained ?? type, message].filter(Boolean).join(": "));

/** Whether a key may ask is looked at once its signature was found good. */
function readRefusal(reply: HttpReply): Verdict | undefined {
  const error = errorOf(reply);
  if (error.type.startsWith("AccessDenied") && error.message.includes("ses:GetAccount"))
    return mayNotAsk;
  const meaning = meaningOf(error);
  if (meaning === undefined) return undefined;
  const code = meaning.class === "auth" ? "auth" : "protocol";
  return { success: false, code, message: wordsOf(error, meaning) };
}

const read = (reply: HttpReply): Verdict | undefined =>
  reply.status < 300 ? readGood(reply) : readRefusal(reply);

/** Asks after the account (GetAccount); sends nothing. */
export const verifyAccount = async ({ api, calls }: Account): Promise<Verdict> =>
  verdictOf(await api.ask(calls.get(PATH)), read);
