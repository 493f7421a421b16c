import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import type { Relay } from "../relay/relay.ts";

const PROGRAM = resolve(import.meta.dirname, "../../../projections/src/rebuild-main.ts");

/**
 * Builds the views of a running relay anew from its log; `identical`: they are what they were.
 * @param told what the relay was told, when its engines are elsewhere
 */
export async function rebuild(
  { data }: Relay,
  told: Record<string, string> = {},
): Promise<{ identical?: boolean }> {
  const env = { PATH: process.env.PATH ?? "", WAYBILL_DATA: data, ...told };
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM], { env });
  return JSON.parse(stdout) as { identical?: boolean };
}
