import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { readIfThere, writePrivate } from "../engines/files.ts";
import type { Draft } from "./folder.ts";
import type { Part } from "./manifest.ts";
import { findMasterKey, KEY_FILE } from "./master-key.ts";

/** What else of the data folder has secrets: first logins, and the certificate with its private key. */
const BESIDE = ["credentials.json", "smtp-certificate.pem"];

/** Puts the master key and other secrets of the data folder into a backup. @throws StartError when the key is not at hand */
export async function keepSecrets(config: Config, masterKey: string, to: Draft): Promise<Part[]> {
  const parts = [await to.write(KEY_FILE, [Buffer.from(await findMasterKey(config, masterKey))])];
  for (const file of BESIDE) {
    const text = await readIfThere(join(config.WAYBILL_DATA, file));
    if (text !== undefined) parts.push(await to.write(file, [Buffer.from(text)]));
  }
  return parts;
}

/** Puts the secrets of a backup into the data folder, except for what is there, or in the environment. */
export async function putSecrets(
  { WAYBILL_SECRET: given, WAYBILL_DATA: data }: Config,
  secrets: readonly Part[],
  from: string,
): Promise<void> {
  const kept = new Set(secrets.map(({ file }) => file));
  const wanted = given === undefined ? [KEY_FILE, ...BESIDE] : BESIDE;
  for (const file of wanted.filter((one) => kept.has(one)))
    if ((await readIfThere(join(data, file))) === undefined)
      await writePrivate(join(data, file), await readFile(join(from, file), "utf8"));
}
