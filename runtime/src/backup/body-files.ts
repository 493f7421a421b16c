import { existsSync } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { pathOf } from "../bodies/fs.ts";
import { namesIn } from "../bodies/folders.ts";
import { draftsOf, marksAmong, putMarks } from "../bodies/known-folder.ts";
import { bodyFolder } from "../bodies/open.ts";
import { bodyPaths } from "../bodies/paths.ts";
import { ownerOf } from "../bodies/place.ts";
import type { Config } from "../config.ts";
import { hasCode } from "../engines/files.ts";
import { type Draft, readPart, syncAll } from "./folder.ts";
import type { KeptBodies } from "./manifest.ts";
import { packed, TAR_END, type TarFile, unpack } from "./tar.ts";

const NAME = "bodies.tar";

/** Whether a backup takes the files of bodies along: those in the data folder. */
function isWithinData(config: Config): boolean {
  const path = relative(config.WAYBILL_DATA, bodyFolder(config));
  return path !== ".." && !path.startsWith(`..${sep}`);
}

/** What a backup leaves where it is: a folder of bodies outside the data folder, and the bucket. */
export function bodiesElsewhere(config: Config): string[] {
  const folder = bodyFolder(config);
  const { WAYBILL_S3_BUCKET: bucket } = config;
  const isLeft = !isWithinData(config) && existsSync(folder);
  return [
    ...(isLeft ? [`the folder ${folder}`] : []),
    ...(bucket === undefined ? [] : [`the bucket ${bucket}`]),
  ];
}

/** Puts the files of bodies into a backup. Bodies come before their events: taken after those, none is missing. */
export async function keepBodies(config: Config, to: Draft): Promise<KeptBodies | undefined> {
  const folder = bodyFolder(config);
  if (!isWithinData(config) || !existsSync(folder)) return undefined;
  const part = await to.write(NAME, archive(folder));
  return { ...part, marks: marksAmong(await namesIn(folder)) };
}

async function* archive(folder: string): AsyncGenerator<Uint8Array> {
  for await (const path of bodyPaths(folder)) yield* archived(folder, path);
  yield TAR_END;
}

/** One that was removed meanwhile is left out. */
async function* archived(folder: string, path: string): AsyncGenerator<Uint8Array> {
  const file = await open(join(folder, path)).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  if (file === undefined) return;
  const { size, mtimeMs: changed } = await file.stat();
  yield* packed({ name: path, size, changed }, file.createReadStream());
}

/** Puts the files of bodies back, with their age. @returns how to undo that */
export async function putBodies(
  config: Config,
  kept: KeptBodies,
  from: string,
): Promise<() => Promise<void>> {
  const folder = bodyFolder(config);
  const isNew = !existsSync(folder);
  const undo = async () => void (isNew && (await rm(folder, { recursive: true, force: true })));
  try {
    await mkdir(draftsOf(folder), { recursive: true, mode: 0o700 });
    await putMarks(folder, kept.marks ?? []);
    await unpack(readPart(from, kept), (file, bytes) => putBody(folder, file, bytes));
    await syncAll(folder);
  } catch (error) {
    await undo();
    throw error;
  }
  return undo;
}

/** Whatever the archive calls its folder. */
async function putBody(
  folder: string,
  { name, changed }: TarFile,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  const owner = ownerOf(basename(name));
  if (owner === undefined) throw new Error("the archive has a file that is no body");
  const path = pathOf(folder, owner);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await using file = await open(path, "w", 0o600);
  for await (const piece of bytes) await file.writeFile(piece);
  await file.utimes(changed / 1000, changed / 1000);
}
