import type { Stats } from "node:fs";
import { lstat, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, readIfThere } from "../engines/files.ts";
import { lockFolder } from "../engines/lock.ts";
import { StartError } from "../start-error.ts";

/** File of an unfinished backup that says where the process runs that takes it. */
const PLACE = "taken-at";

/** What a backup writes into its folder. */
const OURS =
  /^(?:[A-Z]+\.snapshot|timers\.ndjson|bodies\.tar|manifest\.json|secret|credentials\.json|smtp-certificate\.pem|taken-at)$/;

/** Milliseconds after which a folder that another machine wrote to is not written to any more: a server that sends nothing is given up sooner. */
const QUIET = 10 * 60_000;

/** Lets go of an unfinished folder. */
export type Unlock = () => Promise<void>;

/** The kernel, and the network of it, whose processes see each other's locks; undefined where there are none. */
async function placeOfUs(): Promise<string | undefined> {
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => undefined);
  return boot && `${boot.trim()} ${await readlink("/proc/self/ns/net")}`;
}

const inTheWay = (draft: string, hint: string, cause?: unknown): StartError =>
  new StartError(`there is an unfinished backup, ${draft}`, hint, { cause });

/** Holds an unfinished folder, as long as this process lives. @throws StartError when another process does */
async function hold(draft: string): Promise<Unlock> {
  return lockFolder(draft).catch((cause: unknown) => {
    if (hasCode(cause, "EADDRINUSE"))
      throw inTheWay(draft, "it is being taken: wait for it", cause);
    return async () => undefined;
  });
}

/** Says that the folder is one of a process here. */
async function mark(draft: string): Promise<void> {
  await writeFile(join(draft, PLACE), (await placeOfUs()) ?? "elsewhere", { mode: 0o600 });
}

/** Lets an unfinished folder have what belongs to a backup alone. */
export const unmark = (draft: string): Promise<void> => rm(join(draft, PLACE), { force: true });

/** Holds an unfinished folder that this process made. @throws StartError when another one was faster */
export async function holdDraft(draft: string): Promise<Unlock> {
  const unlock = await hold(draft);
  await mark(draft);
  return unlock;
}

/**
 * Holds the unfinished folder of a backup that was killed, and empties it.
 * @throws StartError when that backup may be under way, or other things are in it
 */
export async function takeLeftover(draft: string): Promise<Unlock> {
  const unlock = await hold(draft);
  try {
    const files = await filesOf(draft);
    if (files.length > 0) await requireDead(draft, files);
    for (const { name } of files) await rm(join(draft, name));
    await mark(draft);
    return unlock;
  } catch (error) {
    await unlock();
    throw error;
  }
}

type File = { name: string; stats: Stats };

const isOurs = ({ name, stats }: File): boolean => OURS.test(name) && stats.isFile();

/** @throws StartError unless a process of our user wrote all of it, for a backup */
async function filesOf(draft: string): Promise<File[]> {
  const folder = await lstat(draft);
  const names = folder.isDirectory() ? await readdir(draft) : [];
  const files = await Promise.all(
    names.map(async (name) => ({ name, stats: await lstat(join(draft, name)) })),
  );
  if (folder.isDirectory() && folder.uid === process.getuid?.() && files.every(isOurs))
    return files;
  throw inTheWay(draft, "it has what is not of a backup of yours: move it away");
}

/** The lock has told already of a process that sees ours; one elsewhere is alive while it writes. */
async function requireDead(draft: string, files: readonly File[]): Promise<void> {
  const place = await readIfThere(join(draft, PLACE));
  const us = await placeOfUs();
  if (us !== undefined && place === us) return;
  const last = Math.max((await lstat(draft)).mtimeMs, ...files.map(({ stats }) => stats.mtimeMs));
  if (Date.now() - last > QUIET) return;
  throw inTheWay(
    draft,
    "wait for the one that is being taken elsewhere; if none is, remove that folder",
  );
}
