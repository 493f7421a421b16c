import type {
  BodyStore,
  Config,
  Counters,
  Directory,
  LastUses,
  Log,
  Logger,
  Secrets,
} from "@waybill/runtime";
import type { ClientLimits } from "./client-limits.ts";
import type { TenantSeats } from "./tenant-seats.ts";
import type { TrustedNetworks } from "./trusted-networks.ts";

/** The neighbours of this stage, out of what every stage is given. */
export type Neighbours = {
  config: Config;
  log: Logger;
  events: Log;
  bodies: BodyStore;
  directory: Directory;
  counters: Counters;
  uses: Pick<LastUses, "note">;
  secrets: Secrets;
};

/** What all sessions share. */
export type Door = Neighbours & {
  networks: TrustedNetworks;
  limits: ClientLimits;
  seats: TenantSeats;
  /** No new message is begun. */
  draining: boolean;
};
