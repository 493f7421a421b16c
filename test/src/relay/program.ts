import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import type { Relay } from "./relay.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

/** Runs a program of an operator, by its path, on a relay's log; what it printed, line by line. Rejects with its words. */
export async function linesOf<T>({ data }: Pick<Relay, "data">, path: string): Promise<T[]> {
  const env = { PATH: process.env.PATH ?? "", WAYBILL_DATA: data };
  const { stdout } = await promisify(execFile)(process.execPath, [resolve(ROOT, path)], { env });
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as T);
}
