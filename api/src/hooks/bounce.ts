import type { Category } from "@waybill/schemas";
import { type What, words } from "./report.ts";

/** By the enhanced status code without its class (RFC 3463), the longest that fits. */
const BY_CODE: Record<string, Category> = {
  "1.2": "bad_domain",
  "1.7": "sender_auth_fail",
  "1.8": "sender_auth_fail",
  "1.10": "bad_domain",
  "1": "invalid_recipient",
  "2.0": "inactive",
  "2.1": "inactive",
  "2.2": "mailbox_full",
  "2.3": "size",
  "3.4": "size",
  "4.6": "loop",
  "4.7": "expired",
  "4": "network",
  "5": "protocol",
  "6": "content",
  "7": "policy",
};

const ENHANCED = /\b([245])\.(\d{1,3})\.(\d{1,3})\b/;

/** The enhanced status code in a text, if there is one. */
const enhancedIn = (text: string): string | undefined => ENHANCED.exec(text)?.[0];

function categoryOf(enhanced: string | undefined): Category {
  const [, subject = "", detail = ""] = enhanced?.split(".") ?? [];
  return BY_CODE[`${subject}.${detail}`] ?? BY_CODE[subject] ?? "other";
}

export type Bounce = {
  isHard: boolean;
  response: string | undefined;
  /** The enhanced status code, where it is apart from the words. */
  status?: string | undefined;
  /** What it is about, where the provider's own word says so. */
  category?: Category | undefined;
};

/** A bounce as a fact: what it is about is told by the provider's word, else by the enhanced status code. */
export function bounced({ isHard, response, status = "", category }: Bounce): What {
  const enhanced = enhancedIn(status) ?? enhancedIn(response ?? "");
  const found = category ?? categoryOf(enhanced);
  return {
    type: "bounced",
    isHard,
    category: found === "other" && isHard ? "invalid_recipient" : found,
    response: words(response),
    ...(enhanced !== undefined && { enhanced }),
  };
}

/** The provider sent nothing, because it had been told not to write to that address. */
export const suppressed = (isHard: boolean, response: string | undefined): What =>
  bounced({
    isHard,
    response: words(response, "the provider suppresses it"),
    category: "inactive",
  });
