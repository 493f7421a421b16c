import type { DkimAlgorithm, DkimKey } from "@waybill/schemas";
import { domainName } from "./domain-name.ts";
import { upwards } from "./sender-domains.ts";

const ALGORITHMS: readonly DkimAlgorithm[] = ["rsa", "ed25519"];

/** The newest whose record is known to be in DNS; of none such, the newest. */
const current = (keys: readonly DkimKey[]): DkimKey | undefined =>
  keys.find(({ verifiedAt }) => verifiedAt !== undefined) ?? keys[0];

/**
 * Of a tenant's keys, by domain, those that sign its mail from a domain: those of the domain itself or, where it has none,
 * of the nearest it lies within, which is aligned in relaxed mode (RFC 7489 3.1.1); one of each algorithm.
 */
export function dkimKeysFor(
  all: ReadonlyMap<string, readonly DkimKey[]>,
  domain: string,
): DkimKey[] {
  const names = upwards(domainName(domain) ?? "");
  const keys = names.map((one) => all.get(one)).find((one) => one !== undefined);
  const ofEach = ALGORITHMS.map((algorithm) =>
    current((keys ?? []).filter((key) => key.algorithm === algorithm)),
  );
  return ofEach.filter((key) => key !== undefined);
}
