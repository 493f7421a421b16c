import { randomBytes } from "node:crypto";
import type { DataKey } from "@waybill/schemas";
import { lastFact, ownFact, putNew } from "./control.ts";
import type { Directory } from "./directory.ts";
import type { Nats } from "./nats.ts";
import type { Secrets } from "./secrets.ts";

/** Where data keys are kept, and what seals them. */
export type KeyStore = {
  nats: Nats;
  directory: Pick<Directory, "entities" | "find" | "lastSeq" | "reached">;
  secrets: Pick<Secrets, "seal" | "open">;
};

/** Data keys of a tenant are numbered; the platform's hashing key is none of them. */
const isNumbered = ({ id }: DataKey): boolean => /^[1-9]\d*$/.test(id);

/** A tenant's data keys, the newest first: it seals, and those before it open until nothing needs them. */
export const dataKeysOf = ({ directory }: Pick<KeyStore, "directory">, tenant: string): DataKey[] =>
  directory
    .entities(tenant, "datakey")
    .filter(isNumbered)
    .toSorted((a, b) => Number(b.id) - Number(a.id));

/** The first number that was never used: a key that was removed does not come back. */
function nextNumber({ directory }: KeyStore, tenant: string): number {
  for (let number = 1; ; number += 1)
    if (directory.lastSeq(tenant, "datakey", String(number)) === 0) return number;
}

/**
 * Makes a tenant's next data key, 32 random octets. Of two processes that make it at once both get
 * the same one. Resolves once the directory holds it. @throws LogUnavailable
 */
export async function makeDataKey(store: KeyStore, tenant: string): Promise<DataKey> {
  const { nats, directory, secrets } = store;
  const id = String(nextNumber(store, tenant));
  const sealed = secrets.seal(randomBytes(32).toString("base64url"));
  const made = await putNew(
    nats,
    ownFact(tenant, { kind: "datakey", id, sealed }, "made a data key"),
  );
  const seq = made ?? (await lastFact(nats, tenant, "datakey", id))?.seq ?? 0;
  await directory.reached(seq);
  const kept = directory.find(tenant, "datakey", id)?.entity;
  return kept ?? makeDataKey(store, tenant);
}
