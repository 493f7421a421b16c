import { ControlConflict, LogUnavailable, putEntity, STREAMS } from "@waybill/runtime";
import { PLATFORM, type SigningKey } from "@waybill/schemas";
import {
  type CryptoKey,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importJWK,
  importPKCS8,
} from "jose";
import type { Deps } from "../deps.ts";

/** Ed25519 (RFC 8037). */
export const ALGORITHM = "EdDSA";
/** Seconds an access token lives. */
export const LIFETIME = 600;

const [MINUTE, DAY] = [60_000, 24 * 60 * 60_000];
/** Milliseconds after which a key is followed by a new one. */
const ROTATION = 30 * DAY;
/** Milliseconds a new key is published before it signs, unless it is the only one. */
const SETTLED = MINUTE;
/** Milliseconds that the last token of a key may live after there is a newer key; clocks differ. */
const AFTERLIFE = SETTLED + LIFETIME * 1000 + MINUTE;

const bornAt = ({ createdAt }: SigningKey): number => Date.parse(createdAt);
const numberOf = (key: SigningKey | undefined): number => Number(key?.id ?? 0);

/** Keys that a token may be signed with still, the newest first. Their ids are 1, 2, 3 ... */
export function livingKeys({ directory, now }: Pick<Deps, "directory" | "now">): SigningKey[] {
  const all = directory.signingKeys();
  const sorted = all.toSorted((a, b) => numberOf(b) - numberOf(a));
  const at = now().getTime();
  return sorted.filter((_, place) => {
    const next = sorted[place - 1];
    return next === undefined || at < bornAt(next) + AFTERLIFE;
  });
}

async function freshKey({ secrets, now }: Deps, id: string): Promise<SigningKey> {
  const pair = await generateKeyPair(ALGORITHM, { crv: "Ed25519", extractable: true });
  const publicKey = await exportJWK(pair.publicKey);
  const sealedPrivateKey = secrets.seal(await exportPKCS8(pair.privateKey));
  const createdAt = now().toISOString();
  return { kind: "signingkey", id, publicKey: { ...publicKey }, sealedPrivateKey, createdAt };
}

/** Waits until this process knows all that CONTROL holds now. */
async function catchUp({ nats, directory }: Deps): Promise<void> {
  const { state } = await nats.jsm.streams.info(STREAMS.control).catch((cause: unknown) => {
    throw new LogUnavailable(cause);
  });
  await directory.reached(state.last_seq);
}

/** Makes the next key. Its id follows from the last one, so of several processes one makes it. */
async function makeNext(deps: Deps, newest: SigningKey | undefined): Promise<void> {
  const entity = await freshKey(deps, `${numberOf(newest) + 1}`);
  const { kind, id, createdAt: time } = entity;
  const reason = newest === undefined ? "first key" : "the key before is old";
  const fact = { tenant: PLATFORM, kind, id, time, actor: "system", reason, entity };
  try {
    await deps.directory.reached(await putEntity(deps.nats, fact, 0));
  } catch (error) {
    if (!(error instanceof ControlConflict)) throw error;
    await catchUp(deps);
  }
}

const privateKeys = new WeakMap<SigningKey, Promise<CryptoKey>>();
const publicKeys = new WeakMap<SigningKey, Promise<CryptoKey | Uint8Array>>();

/** The key to sign with now; made when there is none, or the newest is too old. @throws LogUnavailable */
export async function signingKey(deps: Deps): Promise<{ kid: string; key: CryptoKey }> {
  const at = deps.now().getTime();
  const [newest] = livingKeys(deps);
  if (newest === undefined || at - bornAt(newest) > ROTATION) await makeNext(deps, newest);
  const keys = livingKeys(deps);
  const chosen = keys.find((key) => at - bornAt(key) >= SETTLED) ?? keys.at(-1);
  if (chosen === undefined) throw new Error("the signing key that was made is not there");
  const key =
    privateKeys.get(chosen) ?? importPKCS8(deps.secrets.open(chosen.sealedPrivateKey), ALGORITHM);
  privateKeys.set(chosen, key);
  return { kid: chosen.id, key: await key };
}

/** The key a token says it was signed with; undefined when no token of it can live. @throws LogUnavailable */
export async function verificationKey(deps: Deps, kid: string | undefined) {
  const [newest] = livingKeys(deps);
  // Made by another process a moment ago.
  if (kid === `${numberOf(newest) + 1}`) await catchUp(deps);
  const found = livingKeys(deps).find(({ id }) => id === kid);
  if (found === undefined) return undefined;
  const key = publicKeys.get(found) ?? importJWK(found.publicKey, ALGORITHM);
  publicKeys.set(found, key);
  return key;
}
