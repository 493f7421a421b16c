import { generateKeyPairSync } from "node:crypto";
import type { DkimAlgorithm, DkimKey } from "@waybill/schemas";

/** A key whose private half is not sealed, and the text of its record. */
export function keyFor(
  domain: string,
  algorithm: DkimAlgorithm,
  change: Partial<DkimKey> = {},
): { key: DkimKey; record: string } {
  const { publicKey, privateKey } =
    algorithm === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ed25519");
  const spki = publicKey.export({ type: "spki", format: "der" });
  const text = spki.subarray(algorithm === "rsa" ? 0 : 12).toString("base64");
  const selector = algorithm;
  const key = {
    kind: "dkimkey" as const,
    id: `${selector}._domainkey.${domain}`,
    domain,
    selector,
    algorithm,
    publicKey: text,
    sealedPrivateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    createdAt: "2026-01-01T00:00:00.000Z",
    ...change,
  };
  return { key, record: `v=DKIM1; k=${algorithm}; p=${text}` };
}
