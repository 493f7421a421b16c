const SERIALIZED = /^[\w-]+\.[\w-]+\.([\w-]+)$/;

/**
 * Whether a text is in the form of a signed token (RFC 7515 7.1), and its signature in the one
 * writing of its octets: the last character of base64url has bits that decoders ignore.
 */
export function isCanonical(token: string): boolean {
  const signature = SERIALIZED.exec(token)?.[1];
  if (signature === undefined) return false;
  return Buffer.from(signature, "base64url").toString("base64url") === signature;
}
