import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { keptKey } from "../secrets.ts";
import { StartError } from "../start-error.ts";

/** The old and the new master key, and what makes the new one the kept one. */
export type MasterKeys = { from: string; to: string; finish(): void };

/** File that a new key is kept in until the change is finished. */
const NEXT = "secret.next";

type Given = Pick<Config, "WAYBILL_DATA" | "WAYBILL_SECRET" | "WAYBILL_SECRET_NEXT">;

/**
 * A key that the environment names is the operator's to replace there; one that is kept in a file is
 * replaced in that file.
 * @throws StartError when one of them is missing, or both are the same
 */
export function masterKeys(config: Given): MasterKeys {
  const { WAYBILL_DATA: folder, WAYBILL_SECRET: given, WAYBILL_SECRET_NEXT: next } = config;
  const from = given ?? readKept(folder);
  if (given !== undefined && next === undefined)
    throw new StartError(
      "the new master key is missing",
      "set WAYBILL_SECRET_NEXT, 32 characters or more",
    );
  const to = next ?? keptKey(folder, NEXT);
  if (to === from)
    throw new StartError("the new master key is the old one", "set WAYBILL_SECRET_NEXT to another");
  return { from, to, finish: () => given === undefined && replace(folder, to) };
}

function readKept(folder: string): string {
  const file = join(folder, "secret");
  if (existsSync(file)) return readFileSync(file, "utf8");
  throw new StartError(
    `there is no master key in the data folder ${folder}`,
    "set WAYBILL_SECRET to the key that is to be replaced, or WAYBILL_DATA",
  );
}

function replace(folder: string, key: string): void {
  writeFileSync(join(folder, NEXT), key, { mode: 0o600, flush: true });
  renameSync(join(folder, NEXT), join(folder, "secret"));
}
