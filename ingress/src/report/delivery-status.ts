import { readFields } from "./part.ts";
import type { Said } from "./said.ts";

/** Characters of a reply that an event carries. */
const LONGEST = 500;

const ACTIONS: Record<string, Said["action"]> = {
  failed: "failed",
  delayed: "delayed",
  delivered: "delivered",
};

/** Which of several actions says most: one recipient may have become several (RFC 3464 2.3). */
const ORDER: readonly Said["action"][] = ["failed", "delayed", "delivered"];

/** A text as one line without control characters, no longer than an event may have it. */
export const oneLine = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, LONGEST)
    .toWellFormed();

/** Without comments (RFC 5322 3.2.2): `5.1.1 (bad destination mailbox)` is `5.1.1`. */
const enhancedIn = (text: string): string | undefined =>
  /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(text)?.[0];

function saidIn(fields: ReadonlyMap<string, string>): Said[] {
  const word = /^[a-z]+/i.exec(fields.get("action") ?? "")?.[0].toLowerCase() ?? "";
  const action = ACTIONS[word];
  if (action === undefined) return [];
  const diagnostic = fields.get("diagnostic-code")?.replace(/^[\w-]+\s*;/, "");
  const status = fields.get("status") ?? "";
  const enhanced = enhancedIn(status) ?? enhancedIn(diagnostic ?? "");
  const response = oneLine(diagnostic ?? "") || oneLine(`${status} ${action}`);
  return [{ action, response, ...(enhanced && { enhanced }) }];
}

/** What message/delivery-status says of its recipients (RFC 3464 2): that which says most. */
export function statusIn(text: string): Said | undefined {
  const groups = text.split(/\r?\n[ \t]*\r?\n/);
  const said = groups.flatMap((group) => saidIn(readFields(group.trimStart()).fields));
  return ORDER.map((action) => said.find((one) => one.action === action)).find(Boolean);
}
