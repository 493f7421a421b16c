import {
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openText, sealText } from "./cipher.ts";

/** The master key and what is derived from it; nothing else in the process holds it. */
export type Secrets = {
  /** HMAC-SHA256 of a high-entropy secret under the hashing key, hex: what is stored of passwords and keys of machines. */
  hash(secret: string): string;
  /** Compares a presented secret with a stored hash in constant time; with `undefined` it takes as long and says no. */
  matches(secret: string, hash: string | undefined): boolean;
  /** AES-256-GCM under the master key, whose id is part of the result. Secrets of tenants go into their vault. */
  seal(plain: string): string;
  /** Whether a text was sealed under this master key, by the id it names. */
  hasSealed(sealed: string): boolean;
  /** The text that was sealed. @throws when the key is another one or the text was changed. */
  open(sealed: string): string;
  /** A password derived for a named purpose, the same in every process that has the master key. */
  derive(purpose: string): string;
};

const NEVER = "0".repeat(64);

const derived = (master: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync("sha256", master, "waybill", purpose, 32));

/** The hashing key of an installation that has none of its own yet. */
export const firstHashingKey = (master: string): Buffer => derived(master, "hash");

/**
 * Everything that is derived from one master key.
 * @param hashing the installation's key for hashes, which outlives the master key
 */
export function makeSecrets(master: string, hashing = firstHashingKey(master)): Secrets {
  const sealing = derived(master, "seal");
  const head = `v1.${createHash("sha256").update(sealing).digest("hex").slice(0, 8)}`;
  const hasSealed = (sealed: string) => sealed.startsWith(`${head}.`);
  // A key object is prepared once: with the bytes of a key each hash takes five times as long.
  const key = createSecretKey(hashing);
  const hash = (secret: string) => createHmac("sha256", key).update(secret).digest("hex");
  return {
    hash,
    matches: (secret, stored) =>
      timingSafeEqual(Buffer.from(hash(secret)), Buffer.from(stored ?? NEVER)) &&
      stored !== undefined,
    seal: (plain) => sealText(sealing, head, plain),
    hasSealed,
    open: (sealed) => {
      if (!hasSealed(sealed)) throw new Error("a secret was sealed under another master key");
      return openText(sealing, sealed);
    },
    derive: (purpose) => derived(master, `password:${purpose}`).toString("base64url"),
  };
}

/** The master key given, or the one kept in the data folder, made there (mode 0600) the first time. */
export const loadMaster = (dataFolder: string, given: string | undefined): string =>
  given ?? keptKey(dataFolder, "secret");

/** A key kept in a file of mode 0600, made the first time: of two processes that make it both read the same. */
export function keptKey(dataFolder: string, name: string): string {
  mkdirSync(dataFolder, { recursive: true });
  const file = join(dataFolder, name);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, randomToken(32), { mode: 0o600, flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(file, "utf8");
}

/** A random token of so many bytes, base64url. */
export const randomToken = (bytes: number): string => randomBytes(bytes).toString("base64url");
