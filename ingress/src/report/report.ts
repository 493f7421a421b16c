import { classify } from "@waybill/schemas";
import { abuseIn } from "./abuse.ts";
import { statusIn } from "./delivery-status.ts";
import { partsOf, readPart } from "./part.ts";
import { plainStatusIn } from "./plain-status.ts";
import type { Report, Said } from "./said.ts";

function reportOf({ action, response, enhanced }: Said): Report {
  if (action !== "failed") return { kind: action, response };
  const code = enhanced?.startsWith("4") === true ? "450" : "550";
  const reply = /^[245]\d\d\b/.test(response) ? response : `${code} ${enhanced ?? ""} ${response}`;
  const { class: outcome, category } = classify(reply, "rcpt");
  const isHard = outcome === "permanent_recipient";
  return { kind: "failed", isHard, category, response, ...(enhanced && { enhanced }) };
}

/**
 * Reads a mail that came to a return path: a delivery status notification (RFC 3464) or an abuse
 * report (RFC 5965) in a multipart/report (RFC 6522), or what servers write that make none. Of the
 * original, which the report has too, nothing is read. It may be cut short behind its second part.
 */
export function readReport(mail: string): Report | undefined {
  const whole = readPart(mail);
  const parts = partsOf(whole);
  const abuse = parts.find(({ type }) => type === "message/feedback-report");
  if (abuse !== undefined) return abuseIn(abuse.text);
  const status = parts.find(({ type }) => /^message\/(global-)?delivery-status$/.test(type));
  const said = status === undefined ? plainStatusIn(whole, parts) : statusIn(status.text);
  return said && reportOf(said);
}
