import { z } from "zod";
import { Slug } from "./names.ts";

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "a sha256 in hexadecimal");

/** An event in a link: its sequence in MAIL, when the log kept it (milliseconds since 1970), what it was. */
export const ChainLeaf = z.tuple([z.int().min(1), z.int().min(0), Sha256]);
export type ChainLeaf = z.infer<typeof ChainLeaf>;

/** A link of a tenant's hash chain (ADR 0010): events of the tenant, in the order of the log. */
export const ChainLink = z.strictObject({
  tenant: Slug,
  /** Every event of every tenant up to this sequence was in a link when this one was made. */
  after: z.int().min(0),
  leaves: z.array(ChainLeaf).min(1),
  /** Hash of the link before; of the first one 64 zeros. */
  previous: Sha256,
  hash: Sha256,
});
export type ChainLink = z.infer<typeof ChainLink>;
