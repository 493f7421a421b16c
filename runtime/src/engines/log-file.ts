import { closeSync, copyFileSync, fstatSync, ftruncateSync, openSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";

const CAP_BYTES = 10 * 1024 * 1024;
const CHECK_MS = 30_000;

export interface LogFile extends Disposable {
  readonly path: string;
  readonly fd: number;
  /** Where this run's lines begin, in bytes. */
  readonly start: number;
}

/**
 * A file of mode 0600 for what an engine prints. Past 10 MB it becomes `<path>.1` and starts
 * again from nothing; the engine notices neither, as it appends (O_APPEND).
 */
export function openLogFile(path: string): LogFile {
  const fd = openSync(path, "a", 0o600);
  capSize(path, fd);
  const timer = setInterval(() => capSize(path, fd), CHECK_MS).unref();
  const close = () => {
    clearInterval(timer);
    closeSync(fd);
  };
  return { path, fd, start: fstatSync(fd).size, [Symbol.dispose]: close };
}

/** On a full disk the copy fails, and the lines are given up. */
function capSize(path: string, fd: number): void {
  if (fstatSync(fd).size < CAP_BYTES) return;
  try {
    copyFileSync(path, `${path}.1`);
  } catch {
    rmSync(`${path}.1`, { force: true });
  }
  ftruncateSync(fd);
}

/** The last line of this run that tells of an error, else its last line, else nothing. */
export async function lastError({ path, start }: LogFile): Promise<string> {
  const text = (await readFile(path).catch(() => Buffer.alloc(0))).subarray(start).toString();
  const lines = text.trimEnd().split("\n");
  return lines.findLast((line) => /FATAL|\[FTL\]|error/i.test(line)) ?? lines.at(-1) ?? "";
}
