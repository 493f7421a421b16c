import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const NEEDED = 24;

function major(program: string): number {
  const version = execFileSync(program, ["--version"], { encoding: "utf8" });
  return Number(/^v(\d+)\./.exec(version)?.[1]);
}

/** A node on PATH that is too old for us, outside of node_modules. */
export const olderNode = (): string | undefined =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"))
    .map((folder) => join(folder, "node"))
    .find((program) => existsSync(program) && major(program) < NEEDED);
