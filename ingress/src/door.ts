import type {
  BodyStore,
  Config,
  Counters,
  Directory,
  LastUses,
  Log,
  Logger,
  Seats,
  Secrets,
} from "@waybill/runtime";
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
};

/** What all sessions share. */
export type Door = Neighbours & {
  networks: TrustedNetworks;
  limits: ClientLimits;
  /** No new message is begun. */
  draining: boolean;
};
