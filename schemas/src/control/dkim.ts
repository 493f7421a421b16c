import { z } from "zod";
import { Timestamp } from "../names.ts";

/** Algorithms of keys, as the `k` tag of their record says them (RFC 6376 3.6.1, RFC 8463 4.2). */
export const DkimAlgorithm = z.enum(["rsa", "ed25519"]);
export type DkimAlgorithm = z.infer<typeof DkimAlgorithm>;

/** A key that signs a tenant's mail from a domain (RFC 6376). The id is the name of its record in DNS. */
export const DkimKey = z.object({
  kind: z.literal("dkimkey"),
  /** `<selector>._domainkey.<domain>`. */
  id: z.string(),
  /** In lower case and as A-labels (RFC 5890). */
  domain: z.string(),
  selector: z.string(),
  algorithm: DkimAlgorithm,
  /** The `p` tag of its record: base64. */
  publicKey: z.string(),
  /** PKCS #8, PEM, sealed in the tenant's vault. */
  sealedPrivateKey: z.string(),
  createdAt: Timestamp,
  /** Since when its record is known to be in DNS. */
  verifiedAt: Timestamp.optional(),
});
export type DkimKey = z.infer<typeof DkimKey>;
