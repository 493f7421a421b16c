import { type Category, categoryOf } from "@waybill/schemas";
import { type What, words } from "./report.ts";

const ENHANCED = /\b([245])\.(\d{1,3})\.(\d{1,3})\b/;

/** The enhanced status code in a text, if there is one. */
const enhancedIn = (text: string): string | undefined => ENHANCED.exec(text)?.[0];

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
  const found = category ?? categoryOf(enhanced) ?? "other";
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
