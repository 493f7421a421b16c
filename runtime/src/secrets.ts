import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The master key and what is derived from it; nothing else in the process holds it. */
export type Secrets = {
  /** HMAC-SHA256 of a high-entropy secret under the master key, hex: what is stored of passwords and keys of machines. */
  hash(secret: string): string;
  /** Compares a presented secret with a stored hash in constant time; with `undefined` it takes as long and says no. */
  matches(secret: string, hash: string | undefined): boolean;
  /** AES-256-GCM; the key's id and the nonce are part of the result. */
  seal(plain: string): string;
  /** The text that was sealed. @throws when the key is another one or the text was changed. */
  open(sealed: string): string;
  /** A password derived for a named purpose, the same in every process that has the master key. */
  derive(purpose: string): string;
};

const NEVER = "0".repeat(64);

function sealWith(key: Buffer, keyId: string, plain: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const text = Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `v1.${keyId}.${nonce.toString("base64url")}.${text.toString("base64url")}`;
}

function openWith(key: Buffer, keyId: string, sealed: string): string {
  const [version, id, nonce = "", text = ""] = sealed.split(".");
  if (version !== "v1" || id !== keyId)
    throw new Error("a secret was sealed under another master key");
  const bytes = Buffer.from(text, "base64url");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64url"));
  decipher.setAuthTag(bytes.subarray(-16));
  return decipher.update(bytes.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
}

/** Everything that is derived from one master key. */
export function makeSecrets(master: string): Secrets {
  const derived = (purpose: string) =>
    Buffer.from(hkdfSync("sha256", master, "waybill", purpose, 32));
  const [sealing, hashing] = [derived("seal"), derived("hash")];
  const keyId = createHash("sha256").update(sealing).digest("hex").slice(0, 8);
  // A key object is prepared once: with the bytes of a key each hash takes five times as long.
  const key = createSecretKey(hashing);
  const hash = (secret: string) => createHmac("sha256", key).update(secret).digest("hex");
  return {
    hash,
    matches: (secret, stored) =>
      timingSafeEqual(Buffer.from(hash(secret)), Buffer.from(stored ?? NEVER)) &&
      stored !== undefined,
    seal: (plain) => sealWith(sealing, keyId, plain),
    open: (sealed) => openWith(sealing, keyId, sealed),
    derive: (purpose) => derived(`password:${purpose}`).toString("base64url"),
  };
}

/** The master key given, or the one kept in the data folder, made there (mode 0600) the first time. */
export function loadSecrets(dataFolder: string, given: string | undefined): Secrets {
  return makeSecrets(given ?? keptKey(dataFolder));
}

function keptKey(dataFolder: string): string {
  mkdirSync(dataFolder, { recursive: true });
  const file = join(dataFolder, "secret");
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
