import { asciiDomain } from "../mime/address.ts";
import type { Verdict } from "./http/outcomes.ts";

/**
 * Verdicts of a service that refused a whole request for some of its recipients: those it names for
 * good, and the others, to whom nothing was sent, to be tried again without them.
 * @returns undefined when it names none of ours
 */
export function exceptNamed(
  recipients: readonly string[],
  isNamed: (address: string) => boolean,
  refused: Verdict,
): Map<string, Verdict> | undefined {
  const { response, code } = refused;
  const others: Verdict = { class: "retry", response, ...(code === undefined ? {} : { code }) };
  const named = recipients.filter((one) => isNamed(asciiDomain(one)));
  if (named.length === 0) return undefined;
  return new Map(recipients.map((one) => [one, named.includes(one) ? refused : others]));
}
