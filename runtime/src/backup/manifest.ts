import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { StreamConfig } from "@nats-io/jetstream";
import { StartError } from "../start-error.ts";
import type { Position } from "./positions.ts";

/** Of this form; another form gets another number. */
const FORMAT = 1;

const NAME = "manifest.json";

/** A file of a backup, beside the manifest. */
export type Part = { file: string; bytes: number; sha256: string };

/** A stream of a backup: what was in it when its snapshot began, at least. */
export type KeptStream = Part & {
  stream: string;
  config: StreamConfig;
  messages: number;
  firstSeq: number;
  lastSeq: number;
};

/** Files of bodies, with what their folder is known by; older backups lack that. */
export type KeptBodies = Part & { marks?: string[] };

/** What a backup holds. It is written last: a folder without it is no backup. */
export type Manifest = {
  format: typeof FORMAT;
  /** When the backup began, ISO 8601: all that was acknowledged by then is in it. */
  startedAt: string;
  finishedAt: string;
  natsServer: string;
  /** Id of the master key that its secrets are sealed under; the key itself only among `secrets`. */
  masterKey: string;
  /** In the order of taking. */
  streams: KeptStream[];
  positions: Position[];
  /** The timers that were set before the first snapshot, when the log ended at `through`, and up to the end of MAIL's. */
  timers: Part & { through: number };
  /** Bodies in files; absent when there are none in the data folder. */
  bodies?: KeptBodies;
  /** Files of the data folder. */
  secrets: Part[];
};

type Unnumbered = Omit<Manifest, "format">;

/** The manifest as a file. */
export const manifestFile = (manifest: Unnumbered): { name: string; text: string } => ({
  name: NAME,
  text: `${JSON.stringify({ format: FORMAT, ...manifest }, undefined, 2)}\n`,
});

/** @throws StartError when the folder holds no finished backup that this program can read. */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, NAME), "utf8").catch((cause: unknown) => {
    const hint = `a backup that was interrupted has no ${NAME}; give the folder of a finished one`;
    throw new StartError(`there is no backup in ${folder}`, hint, { cause });
  });
  const manifest = parse(text);
  if (manifest?.format === FORMAT) return manifest as Manifest;
  const format: unknown = manifest?.format;
  if (typeof format === "number")
    throw new StartError(
      `the backup is of format ${format}, this program reads ${FORMAT}`,
      "restore it with the version of Waybill that took it",
    );
  throw damaged(NAME);
}

function parse(text: string): Partial<Manifest> | undefined {
  try {
    return JSON.parse(text) as Partial<Manifest>;
  } catch (cause) {
    throw damaged(NAME, cause);
  }
}

/** A file of a backup is not what was written. */
export const damaged = (file: string, cause?: unknown): StartError =>
  new StartError(
    `the backup is damaged: ${file} is not what was written`,
    "copy it again from where you keep it, or restore another; nothing was changed",
    { cause },
  );
