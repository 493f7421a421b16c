import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type User = { uid: number; gid: number };

const idOf = (flag: string): number =>
  Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));

/**
 * Whom to run as for what root may and others may not: `nobody` when we are root, undefined (as
 * ourselves) when we are not.
 */
export const ordinaryUser = (): User | undefined =>
  process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : undefined;

/** A new folder that belongs to that user. */
export function folderOf(user: User | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), "waybill-test-"));
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  return folder;
}
