export { inBatches } from "./batches.ts";
export { type BodyStore, BodyDamaged, makeBodyStore } from "./bodies.ts";
export { ALL_STAGES, type Config, configFromEnvironment, readConfig } from "./config.ts";
export { ControlConflict, putEntity } from "./control.ts";
export { Directory, followDirectory } from "./directory.ts";
export { firstStart, type FirstCredentials } from "./first-start.ts";
export { newMessageId, newTraceId } from "./ids.ts";
export type { Engine } from "./engines/engine.ts";
export { startNatsServer } from "./engines/nats-server.ts";
export { startPostgres } from "./engines/postgres.ts";
export { type Log, LogUnavailable, makeLog } from "./log.ts";
export { type Logger, makeLogger } from "./logger.ts";
export { connectNats, type Nats } from "./nats.ts";
export {
  API_ROLE,
  apiPassword,
  apiUrl,
  openPool,
  type Pool,
  transaction,
  type Tx,
  withTenant,
} from "./postgres.ts";
export { type BatchWriter, commitBatch, readCheckpoint, type Recorded } from "./batch-writer.ts";
export { runProjection, type RunningProjection } from "./projection.ts";
export { replay, readOne, type ReplayOptions, type Stored } from "./replay.ts";
export { hashPassword, loadSecrets, makeSecrets, randomToken, type Secrets } from "./secrets.ts";
export { SETTINGS, type Settings, type StageName } from "./settings.ts";
export type { RunningStage, Stage, StageContext } from "./stage.ts";
export { StartError } from "./start-error.ts";
export { ensureStreams, STREAMS } from "./streams.ts";
export type { Delivery, Handle } from "./lane/held.ts";
export { Slots } from "./lane/slots.ts";
export { workLanes, type LaneWorker } from "./lane/worker.ts";
export { runRelay } from "./relay/main.ts";
export type { StageModules } from "./relay/run-stages.ts";
