import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** The system's own: that is the one with its packages. */
const PYTHON = "/usr/bin/python3";
const PROGRAM = join(import.meta.dirname, "verify-dkim.py");

/** Whether Debian's `python3-dkim` is here; says so where it is not, because a verifier less is then heard. */
export function hasPythonDkim(): boolean {
  const { status } = spawnSync(PYTHON, ["-c", "import dkim, nacl"]);
  if (status !== 0) console.warn("NOT VERIFIED BY AN INDEPENDENT PROGRAM: python3-dkim is missing");
  return status === 0;
}

/** What dkimpy says of each signature of a message, with these TXT records as its DNS. */
export function pythonVerdicts(
  message: Buffer,
  records: Record<string, string>,
): { domain: string; valid: boolean }[] {
  const input = JSON.stringify({ message: message.toString("base64"), records });
  const { stdout, stderr, status } = spawnSync(PYTHON, [PROGRAM], { input, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as { domain: string; valid: boolean }[];
}
