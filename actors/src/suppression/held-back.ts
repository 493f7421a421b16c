import { comparedAddress, type Directory, erasedIdOf, suppressionIdOf } from "@waybill/runtime";
import type { RecipientsSuppressed, Suppression, WorkEvent } from "@waybill/schemas";

/** What is asked for suppressions. */
export type Suppressions = {
  directory: Pick<Directory, "find" | "count">;
  /** Under the installation's key: an erased address is on the list as its hash. */
  hash: (text: string) => string;
  /** Milliseconds since 1970. */
  now: () => number;
};

/** What a list says of an address, by itself or by what is left of it. */
function* listed({ directory, hash }: Suppressions, tenant: string, address: string) {
  const held = directory.find(tenant, "suppression", suppressionIdOf(address))?.entity;
  if (held?.address === comparedAddress(address)) yield held;
  const erased = directory.find(tenant, "suppression", erasedIdOf(hash, tenant, address))?.entity;
  if (erased !== undefined) yield erased;
}

const isOver = ({ expiresAt }: Suppression, now: number): boolean =>
  expiresAt !== undefined && Date.parse(expiresAt) <= now;

/** The recipients that a tenant's list holds back as of now, with the reason of each. */
export function heldBack(
  of: Suppressions,
  tenant: string,
  recipients: readonly string[],
): RecipientsSuppressed["suppressions"] {
  if (of.directory.count(tenant, "suppression") === 0) return [];
  return recipients.flatMap((recipient) => {
    const held = listed(of, tenant, recipient).find((one) => !isOver(one, of.now()));
    return held === undefined ? [] : [{ recipient, reason: held.reason }];
  });
}

/** The fact that nothing was sent to them. */
export function suppressed(
  { messageId, tenant, traceId, attempt }: WorkEvent,
  suppressions: RecipientsSuppressed["suppressions"],
  time: string,
): RecipientsSuppressed {
  return { type: "suppressed", messageId, tenant, traceId, attempt, time, suppressions };
}
