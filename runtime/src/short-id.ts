import { createHash } from "node:crypto";

/** A digest of an id: the server holds each in memory for as long as its window of duplicates is. */
export const shortId = (id: string): string =>
  createHash("sha256").update(id).digest("base64url").slice(0, 22);
