import { readFields } from "./part.ts";
import type { Report } from "./said.ts";

/** Types by which a recipient says that they do not want the mail (RFC 5965 7.3, and its registry). */
const ABUSE = new Set(["abuse", "fraud"]);
const OPT_OUT = new Set(["opt-out", "opt-out-list"]);

/** What message/feedback-report says (RFC 5965 3); undefined when it is no complaint. */
export function abuseIn(text: string): Report | undefined {
  const said = readFields(text.trimStart()).fields.get("feedback-type") ?? "";
  const feedbackType = said.trim().toLowerCase();
  if (ABUSE.has(feedbackType)) return { kind: "abuse", feedbackType };
  return OPT_OUT.has(feedbackType) ? { kind: "opt-out" } : undefined;
}
