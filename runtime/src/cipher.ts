import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const CIPHER = "aes-256-gcm";
/** Octets (NIST SP 800-38D). */
const [NONCE, TAG] = [12, 16];

/**
 * Seals a text with AES-256-GCM: `<head>.<nonce>.<text and tag>`, both base64url.
 * @param head names form and key; it has no dot at its end
 * @param about what the text is of: opening it as something else fails
 */
export function sealText(key: Buffer, head: string, plain: string, about = ""): string {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG }).setAAD(
    Buffer.from(about),
  );
  const text = Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${head}.${nonce.toString("base64url")}.${text.toString("base64url")}`;
}

/** The text that was sealed. @throws when the key is another one, or anything of it was changed. */
export function openText(key: Buffer, sealed: string, about = ""): string {
  const [nonce = "", text = ""] = sealed.split(".").slice(-2);
  const bytes = Buffer.from(text, "base64url");
  const iv = Buffer.from(nonce, "base64url");
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG })
    .setAAD(Buffer.from(about))
    .setAuthTag(bytes.subarray(-TAG));
  return decipher.update(bytes.subarray(0, -TAG), undefined, "utf8") + decipher.final("utf8");
}
