import { createHash } from "node:crypto";

/**
 * What an event is in the chain of its tenant (ADR 0010): sha256 over its subject, a line feed and
 * its bytes as they are stored, in hexadecimal.
 */
export const leafOf = (subject: string, bytes: Uint8Array): string =>
  createHash("sha256").update(`${subject}\n`).update(bytes).digest("hex");
