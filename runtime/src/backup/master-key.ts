import { join } from "node:path";
import { PLATFORM } from "@waybill/schemas";
import type { Config } from "../config.ts";
import { lastFact } from "../control.ts";
import { readIfThere } from "../engines/files.ts";
import { CHECK_ID } from "../master-key.ts";
import type { Nats } from "../nats.ts";
import { makeSecrets } from "../secrets.ts";
import { StartError } from "../start-error.ts";

/** File of the data folder that the master key is kept in, unless the environment has it. */
export const KEY_FILE = "secret";

/** Id of the master key that an installation's secrets are sealed under. @throws StartError when there is no installation */
export async function masterKeyOf(nats: Nats): Promise<string> {
  const check = (await lastFact(nats, PLATFORM, "masterkey", CHECK_ID))?.fact.entity;
  if (check?.kind === "masterkey") return check.sealed.split(".").slice(0, 2).join(".");
  throw new StartError("there is no installation on this log", "set WAYBILL_DATA, or NATS_URL");
}

const isKey = (master: string, id: string): boolean => makeSecrets(master).hasSealed(`${id}.`);

const kept = (folder: string): Promise<string | undefined> => readIfThere(join(folder, KEY_FILE));

/** The master key of that id, from the environment, else the data folder, else a backup that has it. @throws StartError */
export async function findMasterKey(
  { WAYBILL_SECRET: given, WAYBILL_DATA: data }: Config,
  id: string,
  backup?: string,
): Promise<string> {
  const found = given ?? (await kept(data)) ?? (backup && (await kept(backup)));
  if (found === undefined)
    throw new StartError(`there is no master key here; ${id} is needed`, HINT);
  if (isKey(found, id)) return found;
  throw new StartError(`the master key here is not ${id}, which is needed`, HINT);
}

const HINT =
  "set WAYBILL_SECRET to it, put the file `secret` into the data folder, or use a backup taken --with-secrets";
