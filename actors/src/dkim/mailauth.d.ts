declare module "mailauth/lib/dkim/body/index.js" {
  /** Canonicalizes and hashes a body that comes in chunks (RFC 6376 3.4). */
  export function dkimBody(
    canonicalization: "relaxed",
    hash: "sha256",
  ): { update(chunk: Uint8Array): void; digest(encoding: "base64"): string };
}
