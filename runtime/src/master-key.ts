import { randomBytes } from "node:crypto";
import { PLATFORM, type DataKey, type MasterKey } from "@waybill/schemas";
import { lastFact, ownFact, putNew } from "./control.ts";
import { isMade } from "./first-start.ts";
import type { Nats } from "./nats.ts";
import { firstHashingKey, makeSecrets, type Secrets } from "./secrets.ts";
import { StartError } from "./start-error.ts";

/** What the check holds: at rest, and while everything is being sealed again under another key. */
export const CHECK = { atRest: "waybill", changing: "waybill, changing its master key" } as const;

export const CHECK_ID = "check";
/** The id of the hashing key among the data keys of the platform. */
const HASH_ID = "hash";

/**
 * What an installation's master key opens; all processes that start together agree.
 * @throws StartError when the installation was made with another one: no secret of it would open.
 */
export async function unlock(nats: Nats, master: string): Promise<Secrets> {
  const bare = makeSecrets(master);
  await checkMasterKey(nats, bare);
  return makeSecrets(master, await hashingKey(nats, master, bare));
}

async function checkMasterKey(nats: Nats, secrets: Secrets): Promise<void> {
  const sealed = secrets.seal(CHECK.atRest);
  const check: MasterKey = { kind: "masterkey", id: CHECK_ID, sealed };
  const made = await putNew(nats, ownFact(PLATFORM, check, "first start"));
  if (made === undefined && (await keptCheck(nats, secrets)) === CHECK.changing)
    throw new StartError(
      "a change of the master key was not finished",
      "run `npm run rotate` again with the same keys",
    );
}

async function keptCheck(nats: Nats, secrets: Secrets): Promise<string | undefined> {
  const kept = (await lastFact(nats, PLATFORM, "masterkey", CHECK_ID))?.fact.entity;
  try {
    return kept?.kind === "masterkey" ? secrets.open(kept.sealed) : undefined;
  } catch (cause) {
    throw otherMasterKey(cause);
  }
}

/** No secret of the installation opens under this master key. */
export const otherMasterKey = (cause?: unknown): StartError =>
  new StartError(
    "the master key is not the one that this installation was made with, or changed to",
    "set WAYBILL_SECRET to that one, put the file `secret` back into the data folder, or let `npm run rotate` finish what it began",
    { cause },
  );

/**
 * The key of the installation's hashes, which stays when the master key changes. Installations
 * older than it keep the one that their hashes were made with.
 */
async function hashingKey(nats: Nats, master: string, secrets: Secrets): Promise<Buffer> {
  const known = await lastFact(nats, PLATFORM, "datakey", HASH_ID);
  if (known?.fact.entity?.kind === "datakey")
    return Buffer.from(secrets.open(known.fact.entity.sealed), "base64url");
  const key = (await isMade(nats)) ? firstHashingKey(master) : randomBytes(32);
  const sealed = secrets.seal(key.toString("base64url"));
  const entity: DataKey = { kind: "datakey", id: HASH_ID, sealed };
  const made = await putNew(nats, ownFact(PLATFORM, entity, "first start"));
  return made === undefined ? hashingKey(nats, master, secrets) : key;
}
