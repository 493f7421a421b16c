import { generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { DkimAlgorithm } from "@waybill/schemas";

const makePair = promisify(generateKeyPair);

/** Bits: every verifier takes them, and their record fits a DNS answer over UDP (RFC 8301 3.2). */
const MODULUS = 2048;

/** What comes before the 32 octets of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410 4). */
const ED25519_HEAD = 12;

const spki = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

/** A key pair: the `p` tag of the record (RFC 6376 3.6.1; RFC 8463 4.2: the bare key), and PKCS #8 in PEM. */
export async function makeKeyPair(
  algorithm: DkimAlgorithm,
): Promise<{ publicKey: string; privateKey: string }> {
  const { publicKey, privateKey } =
    algorithm === "rsa"
      ? await makePair("rsa", { modulusLength: MODULUS })
      : await makePair("ed25519", {});
  const bytes = spki(publicKey).subarray(algorithm === "rsa" ? 0 : ED25519_HEAD);
  return {
    publicKey: bytes.toString("base64"),
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}
