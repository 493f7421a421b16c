import { randomBytes } from "node:crypto";
import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type BodyFolder, PLATFORM } from "@waybill/schemas";
import { lastFact, ownFact, putNew } from "../control.ts";
import { hasCode } from "../engines/files.ts";
import type { Nats } from "../nats.ts";
import { StartError } from "../start-error.ts";
import { isThere, syncFolder } from "./folders.ts";

/** The folder of bodies that are still coming, within the store's. */
export const draftsOf = (root: string): string => join(root, "drafts");

/** A folder of bodies, and whether it is the one that the log knows. */
export type KnownFolder = {
  root: string;
  /** Whether what is missing in it is gone; not while nobody can say. Until one is known, that of the drafts tells. */
  isOurs: () => Promise<boolean>;
  /** Makes it the one of the installation, if that has none yet. @throws StartError when another one is */
  claim: () => Promise<void>;
};

/**
 * Knows a folder by an empty file of a random name in it, which CONTROL remembers: a volume that is
 * not mounted, or a folder that somebody made anew, lacks it; a copy has it.
 */
export function knownFolder(nats: Nats, root: string): KnownFolder {
  const mine = randomBytes(16).toString("hex");
  let known: string | undefined;
  const remembered = async () => (known ??= await rememberedMark(nats));
  const isIn = (mark?: string) => isThere(mark === undefined ? draftsOf(root) : pathOf(root, mark));
  return {
    root,
    isOurs: () => remembered().then(isIn, () => false),
    claim: async () => {
      const mark = (await remembered()) ?? (await remember(nats, root, mine));
      if (!(await hasMark(root, mark))) throw otherFolder(root, mark);
    },
  };
}

const ID = "bodies";

async function rememberedMark(nats: Nats): Promise<string | undefined> {
  const entity = (await lastFact(nats, PLATFORM, "bodyfolder", ID))?.fact.entity;
  return entity?.kind === "bodyfolder" ? entity.mark : undefined;
}

/** Of processes that start together the first to say so marks the folder. */
async function remember(nats: Nats, root: string, mine: string): Promise<string> {
  await putMarks(root, [mine]);
  const entity: BodyFolder = { kind: "bodyfolder", id: ID, mark: mine };
  await putNew(nats, ownFact(PLATFORM, entity, "first use"));
  const mark = (await rememberedMark(nats)) ?? mine;
  if (mark !== mine) await rm(pathOf(root, mine), { force: true });
  return mark;
}

const PREFIX = "waybill-";
const pathOf = (root: string, mark: string): string => join(root, basename(`${PREFIX}${mark}`));

/** Marks a folder, which is made if need be, for good. */
export async function putMarks(root: string, marks: readonly string[]): Promise<void> {
  const made = await mkdir(root, { recursive: true, mode: 0o700 });
  if (made !== undefined) await syncFolder(dirname(made));
  for (const mark of marks) await writeFile(pathOf(root, mark), "", { flag: "a", mode: 0o600 });
  await syncFolder(root);
}

/** Marks among the names in a folder. */
export const marksAmong = (names: readonly string[]): string[] =>
  names.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));

async function hasMark(root: string, mark: string): Promise<boolean> {
  try {
    await access(pathOf(root, mark));
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

const otherFolder = (root: string, mark: string): StartError =>
  new StartError(
    `the folder ${root} is not the one that bodies were kept in`,
    `mount that one, copy it there, or set WAYBILL_BODY_FOLDER to where it is; to go on with this one make the empty file ${pathOf(root, mark)} in it, and bodies that it lacks are gone`,
  );
