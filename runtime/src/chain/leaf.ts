import { createHash } from "node:crypto";

/** What the chain of the audit knows an event by: SHA-256 over its subject, a line feed, and its bytes; hex. */
export const leafOf = (subject: string, bytes: Uint8Array): string =>
  createHash("sha256").update(`${subject}\n`).update(bytes).digest("hex");
