import { readFile } from "node:fs/promises";
import type { StreamState } from "@nats-io/jetstream";
import type { TenantErasure } from "@waybill/schemas";
import type { Config } from "../config.ts";
import { readErasures, repeatErasures } from "../erasure/repeat.ts";
import type { Logger } from "../logger.ts";
import type { Nats } from "../nats.ts";
import { StartError } from "../start-error.ts";
import { STREAMS } from "../streams.ts";
import { putBodies } from "./body-files.ts";
import { isIntact, readPart } from "./folder.ts";
import { damaged, type KeptStream, type Manifest, readManifest } from "./manifest.ts";
import { findMasterKey } from "./master-key.ts";
import { putPosition } from "./positions.ts";
import { requireReached, restoreStream } from "./restore-stream.ts";
import { putSecrets } from "./secrets.ts";
import { firedOut, fireMissing } from "./fire-missing.ts";
import { removeTwins } from "./fired-twice.ts";
import { openTarget, type Target } from "./target.ts";

/**
 * What was restored: messages of all streams, the moment up to which nothing is missing, and the
 * erasures that the first start goes on with.
 */
export type Restored = { messages: number; takenAt: string; erasures: number };

/** What is restored: the folder of a backup, and a file that lists the erasures since. */
export type RestoreFrom = { from: string; erasures?: string | undefined };

async function listIn(file: string): Promise<TenantErasure[]> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    const hint = "give a file that `npm run erasures` wrote; nothing was changed";
    throw new StartError(`the list of erasures ${file} cannot be read`, hint, { cause });
  });
  return readErasures(text);
}

/**
 * Restores a backup into an installation that has no log yet: first all of it is looked at, then the log
 * is made, and is there when it is whole.
 * @throws StartError, and then everything is as it was
 */
export async function restore(
  config: Config,
  { from, erasures: list }: RestoreFrom,
  log: Logger,
): Promise<Restored> {
  const listed = list === undefined ? [] : await listIn(list);
  const manifest = await readManifest(from);
  const { streams, timers, secrets, bodies = [] } = manifest;
  for (const part of [streams, timers, secrets, bodies].flat())
    if (!(await isIntact(from, part))) throw damaged(part.file);
  const kept = manifest.secrets.length > 0 ? from : undefined;
  await findMasterKey(config, manifest.masterKey, kept);
  const target = await openTarget(config, log);
  let undo: (() => Promise<void>) | undefined;
  try {
    let messages = await putMail(target, manifest, from);
    if (manifest.bodies !== undefined) undo = await putBodies(config, manifest.bodies, from);
    messages += (await putStreams(target, manifest, from, isControl)).messages;
    const { startedAt: takenAt } = manifest;
    const erasures = await repeatErasures(target.nats, listed, new Date(takenAt));
    await putSecrets(config, manifest.secrets, from);
    await target.finish();
    return { messages, takenAt, erasures };
  } catch (error) {
    await undo?.();
    await target.abandon();
    throw error;
  }
}

/** Without it a log is no installation: it comes last, when all else is there. */
const isControl = ({ stream }: KeptStream): boolean => stream === STREAMS.control;

/** Messages of what was put, and the last sequence of each stream. */
type Put = { messages: number; ends: Record<string, number> };

async function putMail(target: Target, manifest: Manifest, from: string): Promise<number> {
  const { nats } = target;
  requireVersion(nats, manifest.natsServer);
  const { messages, ends } = await putStreams(target, manifest, from, (kept) => !isControl(kept));
  const { timers } = manifest;
  const span = { through: timers.through, end: ends[STREAMS.mail] ?? 0 };
  await removeTwins(nats, span);
  await fireMissing(nats, readPart(from, timers), timers.through);
  await firedOut(nats);
  await removeTwins(nats, span);
  return messages;
}

async function putStreams(
  target: Target,
  { streams, positions }: Manifest,
  from: string,
  isWanted: (kept: KeptStream) => boolean,
): Promise<Put> {
  const put: Put = { messages: 0, ends: {} };
  for (const kept of streams.filter(isWanted)) {
    const state = await putStream(target, kept, from);
    put.messages += state.messages;
    put.ends[kept.stream] = state.last_seq;
    for (const position of positions)
      if (position.stream === kept.stream) await putPosition(target.nats, position);
  }
  return put;
}

async function putStream(
  { nats, replicasOf }: Target,
  kept: KeptStream,
  from: string,
): Promise<StreamState> {
  const config = { ...kept.config, num_replicas: replicasOf(kept.config.num_replicas) };
  const state = await restoreStream(nats, config, readPart(from, kept));
  requireReached(kept.stream, state, kept.lastSeq);
  return state;
}

const minorOf = (version: string): number => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major * 1000 + minor;
};

/** A server may not know how a later one packs a stream. */
function requireVersion({ nc }: Nats, wanted: string): void {
  const version = nc.info?.version ?? "";
  if (minorOf(version) >= minorOf(wanted)) return;
  throw new StartError(
    `this nats-server is ${version}, the backup is of ${wanted}`,
    `use nats-server ${wanted} or later`,
  );
}
