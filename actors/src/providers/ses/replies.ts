import { type HttpReply, oneLine } from "@waybill/runtime/outbound";
import { jsonFields } from "../http/json-fields.ts";
import { byStatus, type Verdict, wordsOf } from "../http/outcomes.ts";
import { retryAfterMs } from "../http/retry-after.ts";
import { type Meaning, meaningOf, type SesError } from "./errors.ts";

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** What a reply says that is no success. The name comes as `Name`, `Name:http://...` in a header or `namespace#Name` in the body. */
export function errorOf(reply: HttpReply): SesError {
  const members = jsonFields(reply);
  const name = reply.headers["x-amzn-errortype"] ?? textOf(members["__type"]);
  const type = name.replace(/^.*#/, "").replace(/:.*$/s, "").trim();
  return { type, message: textOf(members["message"]) || textOf(members["Message"]) };
}

/** Whose mail it is, and where it was handed over. */
type Sending = { senderDomain: string; region: string };

function wordsFor({ type, message }: SesError, meaning: Meaning, of: Sending): string {
  const isOfSender = meaning.category === "sender_auth_fail";
  const about = isOfSender ? `sender ${of.senderDomain} in ${of.region}` : meaning.explained;
  return oneLine([about ?? type, message].filter(Boolean).join(": "));
}

/** An error that the table does not name, by its status; a refusal that nobody explains is about the key. */
function unknown(reply: HttpReply): Verdict {
  const verdict = byStatus(reply);
  if (reply.status === 403) return { ...verdict, class: "auth", category: "auth_required" };
  return reply.status === 404 ? { ...verdict, class: "config" } : verdict;
}

function failed(reply: HttpReply, of: Sending): Verdict {
  const error = errorOf(reply);
  const meaning = meaningOf(error);
  if (meaning === undefined) return unknown(reply);
  const wait = retryAfterMs(reply.headers["retry-after"]) ?? meaning.retryAfterMs;
  return {
    class: meaning.class,
    category: meaning.category,
    code: reply.status,
    response: wordsFor(error, meaning, of) || wordsOf(reply),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  };
}

/** SES writes its own Message-ID; answers to the mail name that one. */
const finalId = (id: string, region: string): string =>
  `<${id}@${region === "us-east-1" ? "email" : region}.amazonses.com>`;

/** What a reply to SendEmail means; undefined for a success that is none of SES's. */
export function verdictOf(reply: HttpReply, of: Sending): Verdict | undefined {
  if (reply.status >= 400) return failed(reply, of);
  const id = jsonFields(reply)["MessageId"];
  if (reply.status !== 200 || typeof id !== "string" || id === "") return undefined;
  const response = `accepted; its Message-ID is now ${finalId(id, of.region)}`;
  return { class: "accepted", code: 200, response, providerMessageId: id };
}
