import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import type { Nats } from "../nats.ts";
import { StartError } from "../start-error.ts";
import { putBodies } from "./body-files.ts";
import { isIntact, readPart } from "./folder.ts";
import { damaged, type KeptStream, type Manifest, readManifest } from "./manifest.ts";
import { findMasterKey } from "./master-key.ts";
import { putPosition } from "./positions.ts";
import { requireReached, restoreStream } from "./restore-stream.ts";
import { putSecrets } from "./secrets.ts";
import { firedOut, fireMissing } from "./timers.ts";
import { openTarget, type Target } from "./target.ts";

/** What was restored: messages of all streams, and the moment up to which nothing is missing. */
export type Restored = { messages: number; takenAt: string };

/**
 * Restores a backup into an installation that has no log yet: first all of it is looked at, then the log
 * is made, and is there when it is whole.
 * @param from the folder of the backup
 * @throws StartError, and then everything is as it was
 */
export async function restore(config: Config, from: string, log: Logger): Promise<Restored> {
  const manifest = await readManifest(from);
  const { streams, timers, secrets, bodies = [] } = manifest;
  for (const part of [streams, timers, secrets, bodies].flat())
    if (!(await isIntact(from, part))) throw damaged(part.file);
  const kept = manifest.secrets.length > 0 ? from : undefined;
  await findMasterKey(config, manifest.masterKey, kept);
  const target = await openTarget(config, log);
  let undo: (() => Promise<void>) | undefined;
  try {
    const messages = await fill(target, manifest, from);
    if (manifest.bodies !== undefined) undo = await putBodies(config, manifest.bodies, from);
    await putSecrets(config, manifest.secrets, from);
    await target.finish();
    return { messages, takenAt: manifest.startedAt };
  } catch (error) {
    await undo?.();
    await target.abandon();
    throw error;
  }
}

async function fill(target: Target, manifest: Manifest, from: string): Promise<number> {
  requireVersion(target.nats, manifest.natsServer);
  let messages = 0;
  for (const kept of manifest.streams) {
    messages += await putStream(target, kept, from);
    for (const position of manifest.positions)
      if (position.stream === kept.stream) await putPosition(target.nats, position);
  }
  await fireMissing(target.nats, readPart(from, manifest.timers), manifest.timers.through);
  await firedOut(target.nats);
  return messages;
}

async function putStream(
  { nats, single }: Target,
  kept: KeptStream,
  from: string,
): Promise<number> {
  const config = single ? { ...kept.config, num_replicas: 1 } : kept.config;
  const state = await restoreStream(nats, config, readPart(from, kept));
  requireReached(kept.stream, state, kept.lastSeq);
  return state.messages;
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
