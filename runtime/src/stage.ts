import type { BodyStore } from "./bodies/store.ts";
import type { Config } from "./config.ts";
import type { Counters } from "./counters.ts";
import type { Directory } from "./directory.ts";
import type { LastUses } from "./last-uses.ts";
import type { Log } from "./log.ts";
import type { Logger } from "./logger.ts";
import type { Nats } from "./nats.ts";
import type { Outbound } from "./outbound/outbound.ts";
import type { Seats } from "./seats/seats.ts";
import type { Secrets } from "./secrets.ts";
import type { Vault } from "./vault.ts";

/** What every stage is given. */
export type StageContext = {
  config: Config;
  log: Logger;
  nats: Nats;
  events: Log;
  bodies: BodyStore;
  directory: Directory;
  counters: Counters;
  seats: Seats;
  uses: LastUses;
  secrets: Secrets;
  vault: Vault;
  /** The way to every host that a tenant can name. */
  outbound: Outbound;
  /** PostgreSQL URL of the owner; only projections and api use it. */
  databaseUrl: string;
};

/** A stage at work. */
export type RunningStage = {
  /** Takes nothing new, finishes what is in hand, and resolves when all is closed. */
  drain(): Promise<void>;
};

/** A stage: starts, and resolves when it listens or follows the log. @throws StartError */
export type Stage = (context: StageContext) => Promise<RunningStage>;
