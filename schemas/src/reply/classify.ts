import type { Category, OutcomeClass } from "../outcomes.ts";
import { ENHANCED_CODES } from "./enhanced-codes.ts";
import { KNOWN_TEXTS } from "./known-texts.ts";

/** Where in the dialogue a reply came. */
export type Stage = "connect" | "auth" | "mail" | "rcpt" | "data";

export type Classified = { class: OutcomeClass; category: Category; enhanced?: string };

const ENHANCED = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/;

/** Without an enhanced code or known words, the stage tells what a 5yz is about. */
const BY_STAGE: Record<Stage, Classified> = {
  connect: { class: "retry", category: "other" },
  auth: { class: "auth", category: "auth_required" },
  mail: { class: "permanent_message", category: "policy" },
  rcpt: { class: "permanent_recipient", category: "invalid_recipient" },
  data: { class: "permanent_message", category: "content" },
};

const temper = (outcome: OutcomeClass, temporary: boolean): OutcomeClass =>
  temporary && outcome.startsWith("permanent_") ? "retry" : outcome;

function byText(reply: string, temporary: boolean): Classified | undefined {
  const known = KNOWN_TEXTS.find(({ when }) => when.test(reply));
  return known && { class: temper(known.class, temporary), category: known.category };
}

function meaningOf(enhanced = "") {
  const [, subject = "", detail = ""] = enhanced.split(".");
  return ENHANCED_CODES[`${subject}.${detail}`] ?? ENHANCED_CODES[`${subject}.*`];
}

/** What an enhanced status code is about, whichever its class; undefined of one that says nothing. */
export const categoryOf = (enhanced: string | undefined): Category | undefined =>
  meaningOf(enhanced)?.category;

function byEnhanced(enhanced: string | undefined, temporary: boolean): Classified | undefined {
  const meaning = meaningOf(enhanced);
  if (meaning === undefined) return undefined;
  const outcome = temporary ? (meaning.temporary ?? "retry") : meaning.permanent;
  return { class: outcome, category: meaning.category };
}

/**
 * What a negative SMTP reply means: known words first, then the enhanced status code, then the basic
 * code and the stage. Where basic and enhanced code disagree, the basic one decides whether to try
 * again and the enhanced one only what it is about. A 5yz at connect is about the connection and is
 * tried again; a login that is refused is `auth`.
 * @param reply the reply, its lines joined, beginning with its basic code
 */
export function classify(reply: string, stage: Stage): Classified {
  const enhanced = ENHANCED.exec(reply)?.[1];
  const temporary = !reply.startsWith("5");
  const found =
    (stage === "auth" && !temporary ? BY_STAGE.auth : undefined) ??
    byText(reply, temporary) ??
    byEnhanced(enhanced, temporary) ??
    (temporary ? ({ class: "retry", category: "other" } as const) : BY_STAGE[stage]);
  const settled = stage === "connect" ? { ...found, class: temper(found.class, true) } : found;
  return enhanced === undefined ? settled : { ...settled, enhanced };
}
