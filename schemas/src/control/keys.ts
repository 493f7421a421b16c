import { z } from "zod";
import { Timestamp } from "../names.ts";

/** What shows that a process has the master key that this installation was made with. */
export const MasterKey = z.object({
  kind: z.literal("masterkey"),
  id: z.string(),
  /** A known text, sealed under the key. */
  sealed: z.string(),
});
export type MasterKey = z.infer<typeof MasterKey>;

/** A tenant's key for the secrets it gave us, sealed under the master key. */
export const DataKey = z.object({
  kind: z.literal("datakey"),
  id: z.string(),
  sealed: z.string(),
});
export type DataKey = z.infer<typeof DataKey>;

/** A key that signs the tokens of sessions; the id is its `kid`. */
export const SigningKey = z.object({
  kind: z.literal("signingkey"),
  id: z.string(),
  /** JWK (RFC 7517). */
  publicKey: z.record(z.string(), z.unknown()),
  /** PKCS #8, PEM, sealed. */
  sealedPrivateKey: z.string(),
  createdAt: Timestamp,
});
export type SigningKey = z.infer<typeof SigningKey>;
