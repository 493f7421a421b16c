import { type HttpReply, oneLine } from "@waybill/runtime/outbound";
import type { Category, OutcomeClass } from "@waybill/schemas";
import { asciiDomain } from "../mime/address.ts";
import { jsonFields } from "./http/json-fields.ts";
import { type Judge, type Verdict, wordsOf } from "./http/outcomes.ts";
import { retryAfterMs } from "./http/retry-after.ts";
import { exceptNamed } from "./named-recipients.ts";

type Meaning = { class: OutcomeClass; category: Category };

const ourMistake: Meaning = { class: "permanent_message", category: "protocol" };
const noAccount: Meaning = { class: "auth", category: "policy" };
const noSender: Meaning = { class: "config", category: "sender_auth_fail" };

/** Postmark, "API error codes"; what is not here is judged by its status. */
const BY_CODE: Record<number, Meaning> = {
  10: { class: "auth", category: "auth_required" },
  100: { class: "retry", category: "network" },
  300: { class: "permanent_message", category: "content" },
  400: noSender,
  401: noSender,
  402: ourMistake,
  403: ourMistake,
  405: { class: "quota", category: "rate_limit" },
  406: { class: "permanent_recipient", category: "inactive" },
  409: ourMistake,
  410: ourMistake,
  411: { class: "permanent_message", category: "content" },
  412: noAccount,
  413: noAccount,
  1235: { class: "config", category: "other" },
};

const INVALID = 300;

type Result = { code: unknown; words: string; id: string };

const textOf = (value: unknown): string => (typeof value === "string" ? oneLine(value) : "");

const resultOf = (fields: Record<string, unknown>): Result => ({
  code: fields["ErrorCode"],
  words: textOf(fields["Message"]),
  id: textOf(fields["MessageID"]),
});

/** The addresses in a text, as they are compared. */
function addressesIn(words: string): Set<string> {
  const tokens = words.split(/[\s'"<>,;()]+/).filter((word) => word.includes("@"));
  return new Set(tokens.map((word) => asciiDomain(word.replace(/[.:]+$/, "")).toLowerCase()));
}

/** Some of a mail's recipients may be inactive: the mail went to the others, and the words say to whom not. */
function sentOne(reply: HttpReply, { words, id }: Result, recipients: readonly string[]) {
  if (id === "") return undefined;
  const code = reply.status;
  const sent: Verdict = { class: "accepted", code, response: words, providerMessageId: id };
  const inactive: Verdict = {
    ...BY_CODE[406],
    class: "permanent_recipient",
    code,
    response: words,
  };
  const named = /inactive/i.test(words) ? addressesIn(words) : new Set<string>();
  const isNamed = (one: string) => named.has(asciiDomain(one).toLowerCase());
  return new Map(recipients.map((one) => [one, isNamed(one) ? inactive : sent]));
}

/** The documented wording is `Invalid 'From' address: ...`: it may name somebody who is a recipient as well. */
const isAboutSender = (words: string): boolean => /'(?:From|ReplyTo)'/i.test(words);

function refusedOne(reply: HttpReply, { code, words }: Result, recipients: readonly string[]) {
  const meaning = typeof code === "number" ? BY_CODE[code] : undefined;
  if (meaning === undefined || reply.status === 429) return undefined;
  const wait = retryAfterMs(reply.headers["retry-after"]);
  const said = { code: reply.status, response: words || wordsOf(reply) };
  const verdict: Verdict = { ...meaning, ...said, ...(wait && { retryAfterMs: wait }) };
  const isInvalid = code === INVALID && !isAboutSender(words);
  if (!isInvalid && meaning.class !== "permanent_recipient") return verdict;
  const named = addressesIn(words);
  const bad: Verdict = isInvalid
    ? { ...verdict, class: "permanent_recipient", category: "invalid_recipient" }
    : verdict;
  return exceptNamed(recipients, (one) => named.has(one.toLowerCase()), bad) ?? verdict;
}

const judgeResult = (reply: HttpReply, result: Result, recipients: readonly string[]) =>
  result.code === 0 && reply.status === 200
    ? sentOne(reply, result, recipients)
    : refusedOne(reply, result, recipients);

/** What Postmark's reply to a mail means for its recipients. */
export const judgePostmark =
  (recipients: readonly string[]): Judge =>
  (reply) =>
    judgeResult(reply, resultOf(jsonFields(reply)), recipients);

/** The results of a batch, one for each of its mails; undefined when they are not. */
function resultsIn({ status, text }: HttpReply, count: number): Result[] | undefined {
  const list = Object.values(jsonFields({ text }));
  const isList = status === 200 && text.trimStart().startsWith("[") && list.length === count;
  return isList ? list.map((one) => resultOf({ ...(one as object) })) : undefined;
}

/** What Postmark's reply to a batch means, of which each mail has one recipient. */
export const judgePostmarkBatch =
  (recipients: readonly string[]): Judge =>
  (reply) => {
    const results = resultsIn(reply, recipients.length);
    if (results === undefined) return judgePostmark(recipients)(reply);
    const unknown: Verdict = { class: "retry", category: "other", response: wordsOf(reply) };
    const verdictFor = (recipient: string, at: number): Verdict => {
      const result = results[at] ?? { code: undefined, words: "", id: "" };
      const judged = judgeResult(reply, result, [recipient]) ?? unknown;
      return judged instanceof Map ? (judged.get(recipient) ?? unknown) : judged;
    };
    return new Map(recipients.map((one, at) => [one, verdictFor(one, at)]));
  };
