import { comparedAddress, suppressionIdOf, type Directory } from "@waybill/runtime";
import type { RecipientsSuppressed, WorkEvent } from "@waybill/schemas";

/** What is asked for suppressions. */
export type Suppressions = Pick<Directory, "find">;

/** The recipients that a tenant's list holds back as of now, with the reason of each. */
export const heldBack = (
  directory: Suppressions,
  tenant: string,
  recipients: readonly string[],
  now: number,
): RecipientsSuppressed["suppressions"] =>
  recipients.flatMap((recipient) => {
    const held = directory.find(tenant, "suppression", suppressionIdOf(recipient))?.entity;
    if (held === undefined || held.address !== comparedAddress(recipient)) return [];
    const isOver = held.expiresAt !== undefined && Date.parse(held.expiresAt) <= now;
    return isOver ? [] : [{ recipient, reason: held.reason }];
  });

/** The fact that nothing was sent to them. */
export function suppressed(
  { messageId, tenant, traceId, attempt }: WorkEvent,
  suppressions: RecipientsSuppressed["suppressions"],
  time: string,
): RecipientsSuppressed {
  return { type: "suppressed", messageId, tenant, traceId, attempt, time, suppressions };
}
