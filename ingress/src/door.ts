import type {
  BodyStore,
  Config,
  Counters,
  Directory,
  LastUses,
  Log,
  Logger,
  ReturnPaths,
  Seats,
  Secrets,
} from "@waybill/runtime";
import type { MessageAccepted, MessageId } from "@waybill/schemas";
import type { ClientLimits } from "./client-limits.ts";
import type { TrustedNetworks } from "./trusted-networks.ts";

/** The neighbours of this stage, out of what every stage is given. */
export type Neighbours = {
  config: Config;
  log: Logger;
  events: Log;
  bodies: BodyStore;
  directory: Directory;
  counters: Counters;
  seats: Pick<Seats, "enter" | "leave" | "share">;
  uses: Pick<LastUses, "note">;
  secrets: Secrets;
  /** What it takes to know our mail again when it comes back; without, nothing is taken as a report. */
  reports?: Reports;
};

/** How mail that comes back is joined with what was sent. */
export type Reports = {
  paths: ReturnPaths;
  /** The acceptance of a message, as the log has it; undefined when it has it no more. */
  findAccepted(tenant: string, messageId: MessageId): Promise<MessageAccepted | undefined>;
};

/** What all sessions share. */
export type Door = Neighbours & {
  networks: TrustedNetworks;
  limits: ClientLimits;
  /** No new message is begun. */
  draining: boolean;
};
