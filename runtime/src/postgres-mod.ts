export {
  type BatchWriter,
  commitBatch,
  readCheckpoint,
  readReached,
  type Recorded,
} from "./batch-writer.ts";
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
export { runProjection, type RunningProjection } from "./projection.ts";
