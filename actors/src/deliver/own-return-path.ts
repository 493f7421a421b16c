import type { ReturnPaths } from "@waybill/runtime";
import {
  type Provider as Settings,
  type RouteTaken,
  type Tenant,
  userOfServer,
  type WorkEvent,
} from "@waybill/schemas";
import type { Attempt } from "../providers/provider.ts";

type Sending = {
  work: WorkEvent;
  route: RouteTaken;
  tenant: Tenant | undefined;
  settings: Settings;
};

/**
 * The sender addresses of a mail of which we own MAIL FROM: its tenant wants them, it leaves by plain
 * SMTP and not by a user's own server, it has a sender, and its recipients are those that were meant.
 */
export function returnPathOf(
  paths: ReturnPaths | undefined,
  { work, route, tenant, settings }: Sending,
): Attempt["returnPath"] {
  const domain = tenant?.returnPath;
  const isOurs = settings.type === "smtp" && userOfServer(settings.id) === undefined;
  const isPlain = work.envelope.from !== "" && route.redirectedTo === undefined;
  if (paths === undefined || domain === undefined || !isOurs || !isPlain) return undefined;
  return (recipient) => `${paths.make(work.tenant, work.messageId, recipient)}@${domain}`;
}
