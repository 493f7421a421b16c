export { isCidr, isOpen } from "./access.ts";
export { atMost } from "./at-most.ts";
export { inBatches } from "./batches.ts";
export type { OldBody } from "./bodies/old-bodies.ts";
export { openBodies } from "./bodies/open.ts";
export { keptOutside, type KeptOutside } from "./bodies/outside.ts";
export { type BodyStore, BodyDamaged, BodyUnavailable } from "./bodies/store.ts";
export { lastLink } from "./chain/read.ts";
export { sealAll, type Sealer, sealEvents } from "./chain/seal.ts";
export { ALL_STAGES, type Config, configFromEnvironment, readConfig } from "./config.ts";
export { comparedAddress } from "./compared-address.ts";
export { ControlConflict, lastFact, ownFact, putEntity } from "./control.ts";
export { consumerNames } from "./consumer-names.ts";
export { type Counters, makeCounters } from "./counters.ts";
export { makeSeats, type Seats } from "./seats/seats.ts";
export { Directory, type Held } from "./directory.ts";
export { dkimKeysFor } from "./dkim-keys.ts";
export { domainName } from "./domain-name.ts";
export { findAccepted, isAccepted } from "./find-accepted.ts";
export { type FactWorker, workFacts } from "./follow-facts.ts";
export { followDirectory } from "./follow-directory.ts";
export { firstStart, type FirstCredentials } from "./first-start.ts";
export { type HookCalls, makeHookCalls, type Seen } from "./hook-calls.ts";
export {
  erasedHash,
  messageIdFor,
  newMessageId,
  newTraceId,
  erasedIdOf,
  suppressionIdOf,
  userIdOf,
} from "./ids.ts";
export { type LastUses, makeLastUses } from "./last-uses.ts";
export { nextOnLeader } from "./leader-reads.ts";
export { isLogSilent } from "./log-silent.ts";
export { type Log, LogUnavailable, makeLog } from "./log.ts";
export { type Logger, makeLogger } from "./logger.ts";
export { connectNats, type Nats } from "./nats.ts";
export { hashPassword, verifyPassword } from "./passwords.ts";
export { type LoginCounts, makeLoginCounts } from "./login-counts.ts";
export {
  findExhausted,
  type Quota,
  quotasAt,
  quotasOf,
  type Reservation,
  reserve,
  type Sender,
  usedOf,
} from "./quota.ts";
export { leafOf } from "./chain/leaf.ts";
export { appendErased, ErasureConflict } from "./erasure/append.ts";
export { ofThisLog } from "./erasure/of-this-log.ts";
export { overwriteBodies, overwriteFacts, overwriteOriginals } from "./erasure/overwrite.ts";
export { type ErasedIndex, indexErased, readErased, readRecord } from "./erasure/records.ts";
export { firstSince } from "./first-since.ts";
export { purgeBodies, purgeEvents } from "./retention/purge.ts";
export { lastSeqOf, readEventAt, readOne, replay } from "./replay.ts";
export type { ReplayOptions, Stored } from "./read-stream.ts";
export {
  looksLikeReturnPath,
  makeReturnPaths,
  type ReturnPath,
  type ReturnPaths,
} from "./return-path.ts";
export { followRefusals } from "./refusals.ts";
export { isSenderDomain } from "./sender-domains.ts";
export { otherLog } from "./same-log.ts";
export { makeSecrets, randomToken, type Secrets } from "./secrets.ts";
export { makeSessionStore, type Session, type SessionStore } from "./sessions.ts";
export { SETTINGS, type Settings, type StageName } from "./settings.ts";
export type { RunningStage, Stage, StageContext } from "./stage.ts";
export { runProgram } from "./run-program.ts";
export { stayWithQuorum } from "./stay-with-quorum.ts";
export { StartError } from "./start-error.ts";
export { ensureStreams, STREAMS } from "./streams.ts";
export type { Delivery, Handle } from "./lane/held.ts";
export { makeWake, type Wake } from "./wake.ts";
export { type Window, windowOf } from "./windows.ts";
export { acknowledgedThrough } from "./lane/acknowledged.ts";
export { Slots } from "./lane/slots.ts";
export { followLogClock } from "./log-clock.ts";
export { workLanes, type LaneWorker } from "./lane/worker.ts";
export { type Part, spread } from "./spread/spread.ts";
export { makeVault, type Vault } from "./vault.ts";
export { answerQuestions, ask } from "./questions.ts";
export { RefreshTokens } from "./refresh-tokens.ts";
export { untilRecorded } from "./until-recorded.ts";
export { withinTime } from "./within-time.ts";
